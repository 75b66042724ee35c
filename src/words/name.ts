/** Characters that nobody sees: blanks, controls such as line breaks, marks of direction. */
const UNSEEN = /^[\s\p{Cc}\p{Cf}]*$/u;

/** Whether people can read a name, and a line of a table can hold it. @param limit characters at most */
export function isReadableName(name: string, limit: number): boolean {
  return [...name].length <= limit && !UNSEEN.test(name) && !/\p{Cc}/u.test(name);
}
