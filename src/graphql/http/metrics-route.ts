import type { Plugin } from 'graphql-yoga';
import type { App } from '../../app.js';

/** `/metrics`: the counters of this process in the text format of Prometheus. */
export function useMetrics({ metrics }: Pick<App, 'metrics'>): Plugin {
  return {
    async onRequest(event) {
      const { url, fetchAPI } = event;
      if (url.pathname !== '/metrics') return;
      const headers = { 'content-type': metrics.contentType };
      event.endResponse(new fetchAPI.Response(await metrics.text(), { headers }));
    },
  };
}
