export interface CheckpointKey {
  runId: string;
  /** SHA-256 of the bytes, hex. */
  sha256: string;
}

/** The bytes of checkpoints. The row in `run_checkpoints` names a run's current one; a trigger removes them when it ends. */
export interface CheckpointBytes {
  /** Once it resolves, they outlive process, system and power. @throws GelqlError DATABASE_UNAVAILABLE where there is no room */
  write(key: CheckpointKey, bytes: Uint8Array): Promise<void>;
  /** @returns what is there, unchecked; null where nothing is */
  read(key: CheckpointKey): Promise<Uint8Array | null>;
  remove(key: CheckpointKey): Promise<void>;
  /** Removes what the run has besides. */
  keepOnly(key: CheckpointKey): Promise<void>;
}
