import type { Plugin } from 'graphql-yoga';
import type { App } from '../../app.js';

/**
 * `/health`: the process answers. `/ready`: it can serve, that is the database answers, a model is there, and it is not
 * stopping; 503 with the reasons otherwise, for load balancers.
 */
export function useHealth(app: App): Plugin {
  return {
    async onRequest(event) {
      const { url, fetchAPI } = event;
      const reply = (status: number, body: unknown) =>
        event.endResponse(
          new fetchAPI.Response(JSON.stringify(body), {
            status,
            headers: { 'content-type': 'application/json' },
          }),
        );
      if (url.pathname === '/health') reply(200, { status: 'ok' });
      if (url.pathname === '/ready') {
        const problems = await app.problems();
        reply(problems.length === 0 ? 200 : 503, {
          status: problems.length === 0 ? 'ready' : 'not ready',
          ...(problems.length === 0 ? {} : { problems }),
        });
      }
    },
  };
}
