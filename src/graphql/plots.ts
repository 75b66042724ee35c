import type { Plugin } from 'graphql-yoga';
import type { App } from '../app.js';
import { createPlaces } from '../classification/places.js';
import { createDrawings } from './drawings.js';
import { findAddressedPlot } from './plot-address.js';
import { respondError, respondStored, tagOf } from './stored-response.js';

/** Drawings that may wait or be made at once; more are refused. */
const MAX_PENDING = 64;
/** An SVG may style itself and hold pictures, nothing else. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/**
 * Charts as files: `/plots/results/ID/KIND.svg`, `/plots/runs/ID/KIND.svg`, `/plots/sweeps/ID/KIND.svg` and
 * `/plots/models/KIND.svg` for the whole table, each also as `.png` and as `.json`, the vega-lite specification.
 */
export function usePlots(app: App): Plugin {
  const places = createPlaces(MAX_PENDING, { what: 'drawings' });
  const drawings = createDrawings(app.charts);
  return {
    async onRequest(event) {
      const { request, url, fetchAPI } = event;
      if (!url.pathname.startsWith('/plots/') || !['GET', 'HEAD'].includes(request.method)) return;
      try {
        places.assertRoom();
        const permit = places.take();
        try {
          const { plot, request: wanted } = await findAddressedPlot(app, url);
          const tag = tagOf(plot.path, plot.query, await plot.version(), wanted);
          const stored = {
            tag,
            isFinal: plot.isFinal,
            contentSecurityPolicy: CONTENT_SECURITY_POLICY,
            load: () => drawings.draw(tag, plot, wanted),
          };
          event.endResponse(await respondStored(request, fetchAPI, stored));
        } finally {
          permit.release();
        }
      } catch (error) {
        event.endResponse(respondError(error, fetchAPI, app.logger));
      }
    },
  };
}
