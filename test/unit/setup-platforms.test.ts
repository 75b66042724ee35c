import { DEFAULT_TENSORFLOW_VERSION, selectPlatform } from '../../src/setup/tensorflow/platforms.js';

describe('choosing the TensorFlow of a platform', () => {
  const supported = [
    ['linux', 'x64'],
    ['linux', 'arm64'],
    ['darwin', 'arm64'],
  ] as const;

  it.each(supported)('pins the default version by hash on %s-%s', (platform, arch) => {
    const row = selectPlatform(platform, arch, true);
    const pin = row.pinned[DEFAULT_TENSORFLOW_VERSION];
    expect(pin?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(pin?.fileName).toMatch(row.wheelName);
    expect(pin?.fileName).toContain(
      `${row.distribution.replace('-', '_')}-${DEFAULT_TENSORFLOW_VERSION}-cp311-`,
    );
  });

  it('pins no two wheels by the same hash', () => {
    const hashes = supported.flatMap(([platform, arch]) =>
      Object.values(selectPlatform(platform, arch, true).pinned).map((pin) => pin.sha256),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it.each([
    ['win32', 'x64'],
    ['darwin', 'x64'],
    ['linux', 'ppc64'],
  ])('refuses %s-%s and says that the rest works', (platform, arch) => {
    expect(() => selectPlatform(platform, arch, true)).toThrow(
      `native TensorFlow is offered on linux-x64, linux-arm64, darwin-arm64, not on ${platform}-${arch}; the other engines work here`,
    );
  });

  it('refuses a Linux without glibc', () => {
    expect(() => selectPlatform('linux', 'x64', false)).toThrow(/needs glibc.*the other engines work here/);
  });
});
