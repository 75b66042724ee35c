import type { OptimizerKind } from '../../words/training-settings.js';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Slope, TensorFlow } from './head-layers.js';

/** Holds the running state of one optimizer, in the backend's memory until `dispose`. */
export interface Optimizer {
  /**
   * Moves the parameters. Call inside `tf.tidy`, with the same parameters each time.
   * @param share of the learning rate, see rateShare
   */
  step(slopes: readonly Slope[], share: number): void;
  /** One sum per parameter for each running sum of the formula; those of a parameter that has not moved are absent. */
  readonly sums: readonly ReadonlyMap<Variable, Variable>[];
  /**
   * Goes on after `stepCount` steps of an optimizer of the same kind. To be called before the first step.
   * @param sums copied; in the order of the other one's
   */
  resume(stepCount: number, sums: readonly ReadonlyMap<Variable, Tensor>[]): void;
  dispose(): void;
}

const MOMENTUM = 0.9;
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

export interface OptimizerOptions {
  kind: OptimizerKind;
  learningRate: number;
  /** As `weight_decay` of torch.optim.Adam and SGD: L2, added to the gradient, of biases too. AdamW would decouple it. */
  weightDecay: number;
}

/** Optimizers as PyTorch defines them, on whichever backend `tf` runs. */
export function createOptimizer(tf: TensorFlow, options: OptimizerOptions): Optimizer {
  switch (options.kind) {
    case 'ADAM':
      return new Adam(tf, options);
    case 'SGD':
      return new MomentumSgd(tf, options);
  }
}

/** The gradient with the pull of the decay towards 0. */
function decay(tf: TensorFlow, { parameter, gradient }: Slope, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay));
}

/** torch.optim.SGD(momentum=.9): v = .9 v + g, p = p - lr v, from v = 0. */
class MomentumSgd implements Optimizer {
  private readonly velocities: DecayingSums;

  constructor(
    private readonly tf: TensorFlow,
    private readonly options: OptimizerOptions,
  ) {
    this.velocities = new DecayingSums(tf, MOMENTUM);
  }

  step(slopes: readonly Slope[], share: number): void {
    const { tf } = this;
    const { learningRate, weightDecay } = this.options;
    for (const slope of slopes) {
      const { parameter } = slope;
      const velocity = this.velocities.add(parameter, decay(tf, slope, weightDecay));
      parameter.assign(tf.sub(parameter, tf.mul(velocity, learningRate * share)));
    }
  }

  get sums(): readonly ReadonlyMap<Variable, Variable>[] {
    return [this.velocities.sums];
  }

  resume(_stepCount: number, [velocities = new Map()]: readonly ReadonlyMap<Variable, Tensor>[]): void {
    this.velocities.start(velocities);
  }

  dispose(): void {
    this.velocities.dispose();
  }
}

/**
 * torch.optim.Adam: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
 * p = p - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + epsilon).
 *
 * The state here is m / (1 - b1) and v / (1 - b2), which saves three passes over the parameters, and the powers of beta
 * are kept in double precision. tfjs's own Adam has the same formula with epsilon 1e-7 by default and keeps 1 - b2^t in
 * float32, where the first steps lose digits.
 */
class Adam implements Optimizer {
  private readonly firstMoments: DecayingSums;
  private readonly secondMoments: DecayingSums;
  private stepCount = 0;

  constructor(
    private readonly tf: TensorFlow,
    private readonly options: OptimizerOptions,
  ) {
    this.firstMoments = new DecayingSums(tf, BETA_1);
    this.secondMoments = new DecayingSums(tf, BETA_2);
  }

  step(slopes: readonly Slope[], share: number): void {
    this.stepCount++;
    const rootScale = Math.sqrt((1 - BETA_2) / (1 - BETA_2 ** this.stepCount));
    const { learningRate, weightDecay } = this.options;
    const rate = (learningRate * share * (1 - BETA_1)) / (1 - BETA_1 ** this.stepCount) / rootScale;
    const { tf } = this;
    for (const slope of slopes) {
      const { parameter } = slope;
      const gradient = decay(tf, slope, weightDecay);
      const first = this.firstMoments.add(parameter, gradient);
      const second = this.secondMoments.add(parameter, tf.square(gradient));
      const quotient = tf.div(first, tf.add(tf.sqrt(second), EPSILON / rootScale));
      parameter.assign(tf.sub(parameter, tf.mul(quotient, rate)));
    }
  }

  get sums(): readonly ReadonlyMap<Variable, Variable>[] {
    return [this.firstMoments.sums, this.secondMoments.sums];
  }

  resume(stepCount: number, sums: readonly ReadonlyMap<Variable, Tensor>[]): void {
    const [first = new Map(), second = new Map()] = sums;
    this.stepCount = stepCount;
    this.firstMoments.start(first);
    this.secondMoments.start(second);
  }

  dispose(): void {
    this.firstMoments.dispose();
    this.secondMoments.dispose();
  }
}

/** One sum per parameter, s = decay s + addend, from 0. */
class DecayingSums {
  readonly sums = new Map<Variable, Variable>();

  constructor(
    private readonly tf: TensorFlow,
    private readonly decay: number,
  ) {}

  add(parameter: Variable, addend: Tensor): Variable {
    const { tf } = this;
    const sum = this.sums.get(parameter);
    if (sum !== undefined) {
      sum.assign(tf.add(tf.mul(sum, this.decay), addend));
      return sum;
    }
    const first = tf.variable(addend, false);
    this.sums.set(parameter, first);
    return first;
  }

  start(sums: ReadonlyMap<Variable, Tensor>): void {
    for (const [parameter, sum] of sums) {
      const copy = this.tf.tidy(() => this.tf.variable(this.tf.clone(sum), false));
      this.sums.set(parameter, copy);
    }
  }

  dispose(): void {
    for (const sum of this.sums.values()) sum.dispose();
  }
}
