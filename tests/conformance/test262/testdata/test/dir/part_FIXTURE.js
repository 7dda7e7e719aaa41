export const v = 3;
