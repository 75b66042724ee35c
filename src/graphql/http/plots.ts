import type { Plugin } from 'graphql-yoga';
import type { App } from '../../app.js';
import { createDrawings } from '../drawings.js';
import { findAddressedPlot } from '../plot-address.js';
import { tagOf, useStoredFiles } from './stored-files.js';

/** An SVG may style itself and hold pictures, nothing else. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/**
 * Charts as files: `/plots/results/ID/KIND.svg`, `/plots/runs/ID/KIND.svg`, `/plots/sweeps/ID/KIND.svg` and
 * `/plots/models/KIND.svg` for the whole table, each also as `.png` and as `.json`, the vega-lite specification.
 */
export function usePlots(app: App): Plugin {
  const drawings = createDrawings(app.charts);
  return useStoredFiles(app, {
    prefix: '/plots/',
    maxPending: 64,
    what: 'drawings',
    async find(url) {
      const { plot, request } = await findAddressedPlot(app, url);
      const tag = tagOf(plot.path, plot.query, await plot.version(), request);
      return {
        tag,
        isFinal: plot.isFinal,
        contentSecurityPolicy: CONTENT_SECURITY_POLICY,
        load: () => drawings.draw(tag, plot, request),
      };
    },
  });
}
