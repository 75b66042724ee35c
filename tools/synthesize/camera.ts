import { blurPlane } from './blur-plane.js';
import { fillEllipse, strokePath } from './draw.js';
import { makeLowPassField, readField } from './low-pass-field.js';
import { clampUnit, createPlane, findPercentile, mapPlane, sampleBilinear, type Plane } from './plane.js';
import { type RandomDraws } from './random-draws.js';
import { type LabelAnchors, type Scene } from './scene.js';

/**
 * Takes the picture: uneven light, a hand-held camera, dust, lens, exposure and sensor. The same for both classes.
 * @returns the scene with values in 0..1, as the sensor's file would hold them
 */
export function photographScene(random: RandomDraws, scene: Scene, fullWellElectrons: number): Scene {
  const plane = turnPlane(random.fork('turn'), scene);
  lightPlane(random.fork('light'), plane.plane);
  addDust(random.fork('dust'), plane.plane);
  blurPlane(plane.plane, random.fork('lens').uniform(0.4, 1.3));
  exposePlane(random.fork('exposure'), plane.plane);
  addSensorNoise(random.fork('sensor'), plane.plane, fullWellElectrons);
  return plane;
}

/** Illumination: 1 + gx (x/W - .5) + gy (y/H - .5) - v r^2 + clouds; now and then a hot strip or a glare. */
function lightPlane(random: RandomDraws, plane: Plane): void {
  const { width, height } = plane;
  const slopeX = random.normal(0, 0.25);
  const slopeY = random.normal(0, 0.25);
  const vignette = random.uniform(0, 0.5);
  const clouds = makeLowPassField(random, width, height, 0.12 * Math.max(width, height));
  const cloudiness = random.uniform(0.03, 0.1);
  const strip = random.chance(0.08) ? random.uniform(0.1, 0.9) : null;
  const light = (x: number, y: number): number => {
    const offX = x / width - 0.5;
    const offY = y / height - 0.5;
    const even = 1 + slopeX * offX + slopeY * offY - vignette * (offX * offX + offY * offY) * 2;
    const hot = strip === null ? 0 : 0.5 * Math.exp(-(((x / width - strip) / 0.04) ** 2));
    return Math.max(0.08, even + hot + cloudiness * readField(clouds, x, y));
  };
  // The light changes slowly: computed on every eighth pixel and filled in between.
  const coarse = createPlane(Math.ceil(width / 8) + 1, Math.ceil(height / 8) + 1);
  mapPlane(coarse, (_value, x, y) => light(x * 8, y * 8));
  mapPlane(plane, (value, x, y) => value * sampleBilinear(coarse, x / 8, y / 8));
}

/** A slight turn, shear and zoom about the middle; the labels' places move along. */
function turnPlane(random: RandomDraws, scene: Scene): Scene {
  const { plane } = scene;
  if (!random.chance(0.5)) return scene;
  const turn = random.normal(0, 0.018);
  const shear = random.normal(0, 0.012);
  const zoom = random.uniform(0.97, 1.06);
  const middleX = plane.width / 2;
  const middleY = plane.height / 2;
  const turned = createPlane(plane.width, plane.height);
  mapPlane(turned, (_value, x, y) => {
    const offX = (x - middleX) / zoom;
    const offY = (y - middleY) / zoom;
    return sampleBilinear(plane, middleX + offX + (shear - turn) * offY, middleY + turn * offX + offY);
  });
  return { ...scene, plane: turned, anchors: moveAnchors(scene.anchors, middleX, middleY, zoom) };
}

function moveAnchors(anchors: LabelAnchors, middleX: number, middleY: number, zoom: number): LabelAnchors {
  return {
    ...anchors,
    columns: anchors.columns.map((x) => middleX + (x - middleX) * zoom),
    columnsTop: middleY + (anchors.columnsTop - middleY) * zoom,
    rows: anchors.rows.map(({ y, text }) => ({ y: middleY + (y - middleY) * zoom, text })),
  };
}

/** Specks and fibres on the glass. */
function addDust(random: RandomDraws, plane: Plane): void {
  const light = findPercentile(plane, 0.9);
  for (let count = random.poisson(3); count > 0; count -= 1) {
    const radius = random.uniform(0.5, 1.6);
    const place = [random.uniform(0, plane.width), random.uniform(0, plane.height)] as const;
    fillEllipse(plane, ...place, radius, radius, light * random.uniform(0.2, 1.6), { opacity: 0.8 });
  }
  if (!random.chance(0.2)) return;
  for (let count = random.integer(1, 3); count > 0; count -= 1) {
    const points: [number, number][] = [[random.uniform(0, plane.width), random.uniform(0, plane.height)]];
    let heading = random.uniform(0, 6.28);
    for (let step = 0; step < 8; step += 1) {
      const [x, y] = points.at(-1) ?? [0, 0];
      heading += random.normal(0, 0.3);
      points.push([x + 5 * Math.cos(heading), y + 5 * Math.sin(heading)]);
    }
    strokePath(plane, points, random.uniform(0.6, 1.2), light * random.pick([0.4, 1.3]), 0.5);
  }
}

/** Sets white at a high percentile: about half of the pictures are clipped somewhere. */
function exposePlane(random: RandomDraws, plane: Plane): void {
  const white = findPercentile(plane, random.pick([0.99, 0.995, 0.999, 1])) || 1;
  const gain = random.uniform(0.85, 1.05) / white;
  const gamma = random.uniform(0.65, 1.2);
  const black = random.uniform(0, 0.05);
  const curve = Float64Array.from(
    { length: 2049 },
    (_, step) => black + (1 - black) * (step / 2048) ** gamma,
  );
  mapPlane(plane, (value) => {
    const step = clampUnit(value * gain) * 2048;
    const lower = Math.floor(step);
    const from = curve[lower] ?? 1;
    return from + ((curve[lower + 1] ?? from) - from) * (step - lower);
  });
}

/** Photon noise of a full well of so many electrons, and read noise; some cameras smooth it away. */
function addSensorNoise(random: RandomDraws, plane: Plane, fullWell: number): void {
  const read = random.uniform(0.001, 0.01) * Math.min(1, 5000 / fullWell);
  const variance = read * read;
  for (let index = 0; index < plane.values.length; index += 1) {
    const value = plane.values[index] ?? 0;
    plane.values[index] = clampUnit(value + Math.sqrt(value / fullWell + variance) * random.grain());
  }
  if (random.chance(0.4)) blurPlane(plane, random.uniform(0.4, 0.8));
}
