import { parseDeviceSelection } from '../../src/words/device-selection.js';
import { cardEnvironment, readConfig } from '../../src/config.js';

describe('naming a device', () => {
  it.each([
    ['auto', { device: 'AUTO', card: null }],
    ['CPU', { device: 'CPU', card: null }],
    ['gpu', { device: 'GPU', card: null }],
    ['GPU:0', { device: 'GPU', card: 0 }],
    ['gpu:12', { device: 'GPU', card: 12 }],
    ['cpu:1', null],
    ['gpu:', null],
    ['gpu:-1', null],
    ['tpu', null],
  ])('reads %s', (text, expected) => {
    expect(parseDeviceSelection(text)).toEqual(expected);
  });

  it('is the same in the environment', () => {
    expect(readConfig({ GELQL_DEVICE: 'gpu:1' })).toMatchObject({ servingDevice: 'GPU', card: 1 });
    expect(readConfig({})).toMatchObject({ servingDevice: 'AUTO', card: null });
    expect(() => readConfig({ GELQL_DEVICE: 'cpu:1' })).toThrow(
      /GELQL_DEVICE: must be AUTO, CPU, GPU or one card/,
    );
  });
});

describe('the environment of a process that computes with CUDA', () => {
  it.each([
    ['the first card', null, undefined, '0'],
    ['the card that was named', 1, undefined, '1'],
    ['the first of those that may be seen', null, '2,3', '2'],
    ['one of those that may be seen, by its place', 1, 'GPU-1a, GPU-2b', 'GPU-2b'],
    ['none where there are fewer', 2, '2,3', ''],
  ])('shows %s', (_, card, visible, expected) => {
    const environment = visible === undefined ? {} : { CUDA_VISIBLE_DEVICES: visible };
    expect(cardEnvironment(card, { PATH: '/bin', ...environment })).toEqual({
      PATH: '/bin',
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: expected,
    });
  });
});
