/** Signatures and record sizes of the zip format (PKWARE APPNOTE 4.3), shared by reader and writer. */
export const LOCAL_SIGNATURE = 0x04034b50;
export const CENTRAL_SIGNATURE = 0x02014b50;
export const END_SIGNATURE = 0x06054b50;
export const LOCAL_BYTES = 30;
export const CENTRAL_BYTES = 46;
export const END_BYTES = 22;
export const MAX_32 = 0xffffffff;
export const FLAG_UTF8 = 0x800;
