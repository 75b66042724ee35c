import { isNativeError } from 'node:util/types';
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { serializeError } from '../errors.js';
import { requestCancellation, type ResponseMessage } from './task-envelope.js';

export interface ProgressDelivery {
  deliver: (progress: unknown) => void;
  /** The failure of the caller's own function, if it threw. */
  failure: () => ResponseMessage | null;
}

/**
 * Calls a listener with what a task reports. One that throws stops its task, not the process, and is not called again.
 * @param cancel asks the task to stop
 */
export function deliverProgress(
  onProgress: (progress: unknown) => void,
  cancel: () => void,
): ProgressDelivery {
  let failure: ResponseMessage | null = null;
  return {
    deliver(progress) {
      try {
        if (failure === null) onProgress(progress);
      } catch (error) {
        failure = {
          ok: false,
          error: serializeError(error),
          stack: isNativeError(error) ? error.stack : undefined,
        };
        cancel();
      }
    },
    failure: () => failure,
  };
}

export interface ProgressListener {
  /** The worker's end. */
  port: MessagePort;
  /** Delivers what is left. @returns the failure of the caller's own function, if it threw */
  finish(): ResponseMessage | null;
}

/**
 * Opens the port on which a task in a thread reports.
 * @param control of the task
 */
export function listenToProgress(
  onProgress: (progress: unknown) => void,
  control: Int32Array,
): ProgressListener {
  const { port1, port2 } = new MessageChannel();
  const { deliver, failure } = deliverProgress(onProgress, () => requestCancellation(control));
  port1.on('message', deliver);
  return {
    port: port2,
    finish() {
      // The answer travels on another port and can overtake the last reports, which lie here already: they were sent first.
      for (let next = receiveMessageOnPort(port1); next !== undefined; next = receiveMessageOnPort(port1)) {
        deliver(next.message);
      }
      port1.close();
      return failure();
    },
  };
}
