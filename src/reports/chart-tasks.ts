import { isUint8Array } from 'node:util/types';
import type { TopLevelSpec } from 'vega-lite';
import { z } from 'zod';
import { defineTask } from '../compute/task.js';

/** What chart-renderer.ts gives its threads to do. */

const spec = z.custom<TopLevelSpec>((value) => typeof value === 'object' && value !== null);

/** Gives an SVG in the colours of a page. */
export const DRAW = defineTask('draw', { input: z.object({ spec }), output: z.string() });

/** Gives a PNG; `scale` is pixels per unit of the SVG. */
export const RASTERISE = defineTask('rasterise', {
  input: z.object({ svg: z.string(), scale: z.number().positive() }),
  output: z.custom<Uint8Array>(isUint8Array),
});
