// Original file: fedward.proto


export interface Heartbeat {
}

export interface Heartbeat__Output {
}
