const UNIQUE_VIOLATION = '23505';

/** Name of the unique index that `error` says would be violated; null for any other error. */
export function violatedUniqueIndex(error: unknown): string | null {
  const fields = findSqlError(error);
  if (fields?.code !== UNIQUE_VIOLATION) return null;
  return fields.constraint_name ?? '';
}

interface SqlError {
  /** SQLSTATE, five characters. */
  code: string;
  constraint_name?: string;
}

/** Drizzle wraps what the driver threw, so the SQLSTATE is looked for along the causes. */
function findSqlError(error: unknown): SqlError | null {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (isSqlError(current)) return current;
  }
  return null;
}

function isSqlError(error: Error): error is Error & SqlError {
  return 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code);
}
