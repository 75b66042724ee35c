/** The value of a field that its table does not allow to be null. @throws TypeError where it is null all the same */
export function present<Value>(value: Value): NonNullable<Value> {
  if (value == null) throw new TypeError('A value is null that its table does not allow to be.');
  return value;
}
