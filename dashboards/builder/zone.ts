/** Zone of all days and months: the whole country has one. */
export const zone = "Asia/Shanghai";
