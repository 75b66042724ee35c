import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { spawnAs, type Account } from './account.js';
import type { Binaries } from './binaries.js';
import type { ClusterPaths } from './cluster.js';
import { openBothEnds, type Member } from './members.js';

/**
 * Runs PostgreSQL and stops it when the last gelql process is gone. A shell, because that takes 1 MB where Node takes 40,
 * and because it must outlive every gelql process, however that dies.
 *
 *   serving --end of file: no process holds the pipe--> closing --a line: somebody has come meanwhile--> serving
 *                                                       closing --end of file again--> stopped
 *
 * While it closes, the pipe has another name, so nobody can come after the second look and lose the server.
 * Arguments: PostgreSQL, its folder, the folder of its socket, its log, the pipe, a running PostgreSQL to watch or
 * nothing, and options for PostgreSQL. Standard input: the pipe.
 */
const SCRIPT = `
exec 3<&0 </dev/null
postgres=$1 data=$2 sockets=$3 log=$4 members=$5 server=$6
shift 6
watch() {
  while :; do
    while read -r line; do :; done <&3
    mv "$members" "$members.closed"
    read -r line <&3 || break
    mv "$members.closed" "$members"
  done
  kill -INT "$server"
}
show() { if [ -p "$members.closed" ]; then mv "$members.closed" "$members"; fi; }
if [ -n "$server" ]; then
  watch
  while kill -0 "$server"; do sleep 0.05; done
  show
  exit
fi
"$postgres" -D "$data" -k "$sockets" "$@" >>"$log" 2>&1 3<&- &
server=$!
watch &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill "$watcher"
wait "$watcher"
show
exit "$status"
`;

export interface Supervisor {
  member: Member;
  process: ChildProcess;
}

/**
 * @param running a PostgreSQL that has lost its supervisor; null starts one
 * @param options for a PostgreSQL that is started, such as `-c fsync=off`
 */
export function startSupervisor(
  { data, log, members }: ClusterPaths,
  {
    binaries: { postgres },
    account,
    sockets,
    running,
    options,
  }: {
    binaries: Binaries;
    account: Account | null;
    sockets: string;
    running: number | null;
    options: readonly string[];
  },
): Supervisor {
  const { reader, member } = openBothEnds(members);
  try {
    const script = ['sh', '-c', SCRIPT, 'gelql-postgresql'] as const;
    const places = [postgres, data, sockets, log, members, running === null ? '' : String(running)];
    const child = spawnAs(account, [...script, ...places, ...options], [postgres, data], {
      // Its own group: Ctrl-C in the terminal is not meant for it.
      detached: true,
      stdio: [reader, 'ignore', 'ignore'],
    });
    child.unref();
    return { member, process: child };
  } catch (error) {
    member.leave();
    throw error;
  } finally {
    closeSync(reader);
  }
}
