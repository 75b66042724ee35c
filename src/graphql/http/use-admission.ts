import type { Plugin } from 'graphql-yoga';
import type { App } from '../../app.js';
import { outcomeOf } from '../../metrics.js';
import { respondError } from './error-response.js';
import { isMultipart } from './upload.js';

/**
 * Answers an upload by its header when there is no room for it, before anything of its body is read; Node then throws the
 * body away as it comes, and the connection stays usable.
 */
export function useAdmission({
  admission,
  metrics,
  logger,
}: Pick<App, 'admission' | 'metrics' | 'logger'>): Plugin {
  return {
    onRequest(event) {
      const { request, fetchAPI } = event;
      if (request.method !== 'POST' || !isMultipart(request)) return;
      try {
        admission.assertRoom();
      } catch (error) {
        metrics.countRequests(outcomeOf(error));
        event.endResponse(respondError(error, fetchAPI, logger));
      }
    },
  };
}
