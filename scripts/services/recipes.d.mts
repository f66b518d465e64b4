/** Where a service lies that was provisioned on this machine, or undefined. */
export declare function provisioned(service: "kafka" | "influx" | "mosquitto"): string | undefined;
