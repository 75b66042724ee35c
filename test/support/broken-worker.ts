export const double = null;

throw new Error('this module cannot be loaded');
