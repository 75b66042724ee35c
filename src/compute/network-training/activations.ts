import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../networks/graph.js';
import type { GradientKernels } from './gradient-kernels.js';

/** @returns the same tensor where there is no activation. Call inside `tf.tidy`. */
export function activate(values: tf.Tensor, activation: Activation): tf.Tensor {
  switch (activation) {
    case 'none':
      return values;
    case 'relu':
      return tf.relu(values);
    case 'relu6':
      return tf.relu6(values);
    case 'hardswish':
      return tf.mul(tf.mul(values, 1 / 6), tf.clipByValue(tf.add(values, 3), 0, 6));
    case 'hardsigmoid':
      return tf.clipByValue(tf.add(tf.mul(values, 1 / 6), 0.5), 0, 1);
  }
}

/** What the gradient of an activation is computed from. */
export function savedOf(activation: Activation, before: tf.Tensor, after: tf.Tensor): tf.Tensor | null {
  if (activation === 'none') return null;
  return tf.clone(activation === 'hardswish' ? before : after);
}

/**
 * Gradient by what went into the activation. Hard swish: 0 up to -3, then x/3 + 1/2, 1 from 3 on; hard sigmoid: 1/6 where
 * the output is between 0 and 1. Call inside `tf.tidy`.
 * @param saved as savedOf gives it
 */
export function activationSlope(
  kernels: GradientKernels,
  activation: Activation,
  slope: tf.Tensor,
  saved: tf.Tensor | null,
): tf.Tensor {
  if (activation === 'none' || saved === null) return slope;
  switch (activation) {
    case 'relu':
      return kernels.reluSlope(slope, saved);
    case 'relu6':
      return kernels.relu6Slope(slope, saved);
    case 'hardswish': {
      // clip(x/6 + 1/2, 0, 1) for the factor, x/6 for what it grows by inside.
      const clipped = tf.clipByValue(saved, -3, 3);
      const inside = tf.cast(tf.less(tf.abs(saved), 3), 'float32');
      const opening = tf.add(tf.mul(clipped, 1 / 6), 0.5);
      return tf.mul(slope, tf.add(opening, tf.mul(tf.mul(saved, 1 / 6), inside)));
    }
    case 'hardsigmoid': {
      const inside = tf.logicalAnd(tf.greater(saved, 0), tf.less(saved, 1));
      return tf.mul(slope, tf.mul(tf.cast(inside, 'float32'), 1 / 6));
    }
  }
}
