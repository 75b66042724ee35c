#!/usr/bin/env bash
# Fails when src/db/schema.ts says something that migrations/ do not: what would be generated now is printed.
# Usage: scripts/check-migrations.sh
set -euo pipefail
cd "$(dirname "$0")/.."

copy=$(mktemp -d -p node_modules)
trap 'rm -rf "$copy"' EXIT
cp -R migrations/. "$copy"
npx drizzle-kit check --dialect postgresql --out "$copy" </dev/null
npx drizzle-kit generate --dialect postgresql --schema src/db/schema.ts --out "$copy" --name drift </dev/null >"$copy/log" 2>&1 || {
  cat "$copy/log" >&2
  exit 1
}

drift=$(find "$copy" -maxdepth 1 -name '*_drift.sql')
if [ -n "$drift" ]; then
  cat "$drift" >&2
  echo >&2
  echo 'migrations/ lag behind src/db/schema.ts. Run: npm run db:generate -- --name WHAT_CHANGES' >&2
  exit 1
fi
echo 'migrations/ agree with src/db/schema.ts'
