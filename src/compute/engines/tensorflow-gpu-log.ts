/*
 * What TensorFlow 2.18 writes to its log about graphics cards, with the modules dso_loader and gpu_device made talkative.
 */

const MISSING_LIBRARY = /Could not load dynamic library '([^']+)'; dlerror: ([^;\n]+)/g;
const FAILED_START = /failed call to cuInit: .*?Failed call to cuInit: ([^\n]+)/;
const IGNORED_CARD = /Ignoring visible gpu device \(device: \d+, name: ([^,]+),[^\n]*?\)([^\n]*)/i;
const FOUND_CARD = /^pciBusID: \S* name: (.+?) computeCapability: /m;
/** The driver's own library: it comes with the driver, all others with the set-up. */
const DRIVER_LIBRARY = 'libcuda.so.1';
/** What cuInit answers where that library is not there: TensorFlow then has a stub in its place. */
const NO_DRIVER = /UNKNOWN ERROR \(303\)/;

/**
 * Why a build for graphics cards has none in its device list.
 * @param log what TensorFlow wrote while it was loaded
 */
export function explainMissingCard(log: string): string {
  const failedStart = FAILED_START.exec(log)?.[1];
  const missing = [...log.matchAll(MISSING_LIBRARY)].map(([, name = '', reason = '']) => ({ name, reason }));
  const hasDriver = !missing.some(({ name }) => name === DRIVER_LIBRARY);
  if (!hasDriver || (failedStart !== undefined && NO_DRIVER.test(failedStart))) {
    return `No NVIDIA driver: ${DRIVER_LIBRARY} cannot be opened. It comes with the driver (in containers from the NVIDIA Container Toolkit).`;
  }
  if (failedStart !== undefined) return `NVIDIA's driver finds no usable card: ${failedStart.trim()}.`;
  const [library] = missing;
  if (library !== undefined && /Cannot dlopen some GPU libraries/.test(log)) {
    return `CUDA's ${library.name} cannot be opened (${library.reason.trim()}): remove the installation below GELQL_CACHE_DIR/tensorflow and run \`gelql setup tensorflow --gpu\`.`;
  }
  const [, card, why] = IGNORED_CARD.exec(log) ?? [];
  if (card !== undefined) return `TensorFlow does not take the ${card}${(why ?? '').trimEnd()}`;
  return 'TensorFlow lists no graphics card.';
}

/** Name of the first card in the log, for example `NVIDIA H100 80GB HBM3`. */
export function readCardName(log: string): string {
  return FOUND_CARD.exec(log)?.[1] ?? 'an unnamed card';
}
