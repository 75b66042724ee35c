import { serializeError } from '../errors.js';
import { ENGINES } from './engines/table.js';
import { measureSession, type Timing } from './measure-session.js';
import { parseEngineRequest, type EngineAnswer, type EngineRequest } from './engine-request.js';
import { startEngine } from './worker-engine.js';

/*
 * A child process that looks at one engine and ends. A native library that aborts takes this process with it, not the
 * server; and what a slow engine allocated while it was measured is gone afterwards.
 */

async function answer(request: EngineRequest): Promise<EngineAnswer> {
  switch (request.kind) {
    case 'probe':
      return { kind: 'probed', result: await ENGINES[request.engine].probe(request) };
    case 'measure': {
      const { sessions } = await startEngine(request.engine, request);
      const { batchSizes } = ENGINES[request.engine];
      const session = await sessions.get(request.backbone);
      const onTiming = (timing: Timing) => process.send?.({ kind: 'timed', timing } satisfies EngineAnswer);
      return { kind: 'measured', ...(await measureSession(session, batchSizes, request.limits, onTiming)) };
    }
  }
}

// `on`, not `once`: the open channel keeps the process alive while a native library works.
process.on('message', (message) => {
  const reply = (result: EngineAnswer) => process.send?.(result, () => process.exit(0));
  Promise.resolve()
    .then(() => answer(parseEngineRequest(message)))
    .then(reply, (error: unknown) => reply({ kind: 'failed', error: serializeError(error) }));
});
