export interface CheckpointKey {
  runId: string;
  /** Of the bytes, hex. */
  sha256: string;
}

/** Where the bytes of checkpoints lie. Which of them is a run's checkpoint says its row in `run_checkpoints`. */
export interface CheckpointBytes {
  /** Once it resolves, they outlive process, system and power. @throws GelqlError SETUP_FAILED where there is no room */
  write(key: CheckpointKey, bytes: Uint8Array): Promise<void>;
  /** @returns what is there, unchecked; null where nothing is */
  read(key: CheckpointKey): Promise<Uint8Array | null>;
  remove(key: CheckpointKey): Promise<void>;
  /** Removes what the run has besides. */
  keepOnly(key: CheckpointKey): Promise<void>;
  /** Removes what belongs to runs that have ended. */
  removeUnused(): Promise<void>;
}
