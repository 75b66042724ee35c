import { fillEllipse } from '../draw.js';
import { makeLowPassField, readField } from '../low-pass-field.js';
import { mapPlane } from '../plane.js';
import { paintGround, type Drawer } from './drawer.js';

/** A frame without a subject: clouds and grain, as with the lens cap on. */
export const drawNoiseFrame: Drawer = (random, plane) => {
  const coarse = makeLowPassField(random, plane.width, plane.height, plane.width * random.uniform(0.03, 0.2));
  const cloud = random.uniform(0.02, 0.2);
  const grain = random.uniform(0.01, 0.12);
  mapPlane(plane, (_value, x, y) =>
    Math.max(0.01, 0.4 + cloud * readField(coarse, x, y) + grain * random.grain()),
  );
  return random.chance(0.5);
};

/** A smooth gradient, straight or round. */
export const drawGradient: Drawer = (random, plane) => {
  const turn = random.uniform(0, 6.28319);
  const isRound = random.chance(0.4);
  const centreX = random.uniform(0.2, 0.8);
  const centreY = random.uniform(0.2, 0.8);
  mapPlane(plane, (_value, x, y) => {
    const offX = x / plane.width - centreX;
    const offY = y / plane.height - centreY;
    const along = isRound
      ? Math.sqrt(offX * offX + offY * offY)
      : 0.5 + offX * Math.cos(turn) * 0.7 + offY * Math.sin(turn) * 0.7;
    return 0.08 + 0.85 * Math.min(1, Math.max(0, along));
  });
  return random.chance(0.5);
};

/** Dots on a square or a staggered grid: perforated sheet, halftone. */
export const drawDotGrid: Drawer = (random, plane) => {
  const isDark = random.chance(0.5);
  paintGround(plane, isDark ? 0.1 : 0.9);
  const pitch = plane.width / random.integer(8, 34);
  const isStaggered = random.chance(0.5);
  const radius = pitch * random.uniform(0.15, 0.4);
  const growth = random.uniform(-0.5, 0.5);
  for (let row = 0; row * pitch < plane.height + pitch; row += 1) {
    for (let column = -1; column * pitch < plane.width + pitch; column += 1) {
      const x = (column + (isStaggered && row % 2 === 1 ? 0.5 : 0)) * pitch;
      const own = radius * (1 + growth * (x / plane.width - 0.5));
      fillEllipse(plane, x, row * pitch, own, own, isDark ? 0.85 : 0.12);
    }
  }
  return isDark;
};

/** Woven stripes or checks with the grain of the threads. */
export const drawFabric: Drawer = (random, plane) => {
  const stripes = Array.from({ length: random.integer(4, 9) }, () => ({
    share: random.uniform(0.3, 1),
    value: random.uniform(0.1, 0.95),
  }));
  const total = stripes.reduce((sum, stripe) => sum + stripe.share, 0);
  const period = plane.width / random.integer(2, 6);
  const isChecked = random.chance(0.5);
  const isUpright = random.chance(0.5);
  const shade = (along: number): number => {
    let rest = ((along % period) / period) * total;
    for (const stripe of stripes) {
      rest -= stripe.share;
      if (rest <= 0) return stripe.value;
    }
    return 0.5;
  };
  const fold = makeLowPassField(random, plane.width, plane.height, plane.width * 0.1);
  mapPlane(plane, (_value, x, y) => {
    const bulge = readField(fold, x, y);
    const across = shade((isUpright ? x : y) + 60 + 3 * bulge);
    const value = isChecked ? (across + shade((isUpright ? y : x) + 60 + 3 * bulge)) / 2 : across;
    return value * (1 + 0.12 * bulge + ((x + y) % 3 === 0 ? -0.12 : 0.04));
  });
  return random.chance(0.5);
};

/** Bent stripes: a zebra's coat, or a crossing seen at an angle. */
export const drawZebra: Drawer = (random, plane) => {
  const warp = makeLowPassField(random, plane.width, plane.height, plane.width * random.uniform(0.06, 0.2));
  const period = plane.width / random.uniform(5, 16);
  const bend = period * random.uniform(0.4, 1.3);
  const turn = random.uniform(-0.6, 0.6);
  const width = random.uniform(-0.2, 0.2);
  mapPlane(plane, (_value, x, y) => {
    const along = x * Math.cos(turn) + y * Math.sin(turn) + bend * readField(warp, x, y);
    const wave = Math.sin((along / period) * 6.28319) + width;
    return 0.5 + 0.42 * Math.max(-1, Math.min(1, wave * 5));
  });
  return random.chance(0.5);
};

/** Year rings of a board: thin bent lines with a knot or two. */
export const drawWoodGrain: Drawer = (random, plane) => {
  const warp = makeLowPassField(random, plane.width, plane.height, plane.width * 0.09);
  const pitch = plane.height / random.uniform(14, 40);
  const knots = Array.from({ length: random.integer(0, 2) }, () => [
    random.uniform(0, plane.width),
    random.uniform(0, plane.height),
  ]);
  mapPlane(plane, (_value, x, y) => {
    let along = y + pitch * 1.6 * readField(warp, x * 0.5, y);
    for (const [knotX = 0, knotY = 0] of knots) {
      const away = ((x - knotX) / 70) ** 2 + ((y - knotY) / 26) ** 2;
      along += 40 * Math.exp(-away);
    }
    const ring = (along / pitch) % 1;
    return 0.45 + 0.35 * (ring < 0 ? ring + 1 : ring) + 0.03 * random.grain();
  });
  return false;
};

/** Hills before a sky with the sun or the moon. */
export const drawLandscape: Drawer = (random, plane) => {
  const { width, height } = plane;
  const clouds = makeLowPassField(random, width, height, width * 0.06);
  mapPlane(plane, (_value, x, y) => Math.max(0.1, 0.9 - 0.35 * (y / height) + 0.1 * readField(clouds, x, y)));
  fillEllipse(plane, random.uniform(0, width), height * random.uniform(0.1, 0.4), 18, 18, 1.3, {
    softness: 6,
  });
  const ridges = random.integer(2, 5);
  for (let ridge = 0; ridge < ridges; ridge += 1) {
    const profile = makeLowPassField(random, width, height, width * random.uniform(0.03, 0.1));
    const base = height * (0.35 + (0.5 * (ridge + 1)) / ridges);
    const shade = 0.6 - (0.5 * (ridge + 1)) / ridges;
    mapPlane(plane, (value, x, y) => {
      const edge = base + 0.09 * height * readField(profile, x, ridge * 40);
      return y > edge ? Math.max(0.03, shade + 0.04 * random.grain()) : value;
    });
  }
  return false;
};

/** Lights out of focus at night. */
export const drawBokeh: Drawer = (random, plane) => {
  const field = makeLowPassField(random, plane.width, plane.height, plane.width * 0.12);
  mapPlane(plane, (_value, x, y) => Math.max(0.01, 0.08 + 0.03 * readField(field, x, y)));
  const radius = plane.width * random.uniform(0.015, 0.05);
  for (let light = random.integer(15, 70); light > 0; light -= 1) {
    const own = radius * random.uniform(0.6, 1.3);
    const x = random.uniform(0, plane.width);
    const y = random.uniform(0.1, 0.95) * plane.height;
    fillEllipse(plane, x, y, own, own, random.uniform(0.3, 1.1), {
      softness: 2.5,
      opacity: random.uniform(0.3, 0.8),
    });
  }
  return true;
};
