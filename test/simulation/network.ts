/**
 * Connections that delay, break and come back. Each direction keeps its order, as a stream does; what was on
 * its way when a line broke may be lost. Messages pass through the real codec and gRPC's serializers.
 */
import type { Sessions } from '../../coordinator/driver.ts';
import type { Federation } from '../../coordinator/server.ts';
import {
  decodeFromHospital,
  decodeToHospital,
  encodeFromHospital,
  encodeToHospital,
} from '../../proto/codec.ts';
import type { FromHospital, ToHospital } from '../../proto/messages.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { wire } from '../proto/messages.ts';
import type { World } from './world.ts';

/** The hospital's end of a line. */
export interface Receiver {
  received(message: ToHospital): void;
  lost(): void;
}

class Line {
  /** Number of the connection that each end believes open; 0 is none. */
  hospitalEnd = 0;
  coordinatorEnd = 0;
  connections = 0;
  /** The connection of which nothing more arrives, though the coordinator does not know yet that it broke. */
  cut = 0;
  /** When the last message on its way arrives. */
  readonly arrives = { up: 0, down: 0 };
}

export class Network implements Sessions {
  readonly #world: World;
  readonly #lines = new Map<HospitalId, { line: Line; receiver: Receiver }>();
  #federation: Federation | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  serve(federation: Federation): void {
    this.#federation = federation;
  }

  join(hospital: HospitalId, receiver: Receiver): void {
    this.#lines.set(hospital, { line: new Line(), receiver });
  }

  /** The hospital opens a connection; a newer one replaces the older, as in the server. */
  connect(hospital: HospitalId): void {
    const { line } = this.#of(hospital);
    line.connections += 1;
    const connection = line.connections;
    line.hospitalEnd = connection;
    this.#deliver(line, 'up', () => {
      if (line.hospitalEnd !== connection) return;
      if (line.coordinatorEnd !== 0) this.#federation?.disconnected(hospital, 'replaced');
      line.coordinatorEnd = connection;
      this.#world.note(`${hospital} connects`);
      this.#federation?.connected(hospital);
    });
  }

  /** The line breaks: the hospital sees it at once, the coordinator after a while. */
  break(hospital: HospitalId): void {
    const { line, receiver } = this.#of(hospital);
    const connection = line.hospitalEnd;
    if (connection === 0) return;
    line.hospitalEnd = 0;
    if (this.#world.chance(0.5)) line.cut = connection;
    this.#world.note(`${hospital} loses its line`);
    receiver.lost();
    this.#world.after(this.#world.between(0, 400), () => {
      if (line.coordinatorEnd !== connection) return;
      line.coordinatorEnd = 0;
      this.#federation?.disconnected(hospital, 'the connection was lost');
    });
  }

  isOpen(hospital: HospitalId): boolean {
    return this.#of(hospital).line.hospitalEnd !== 0;
  }

  fromHospital(hospital: HospitalId, message: FromHospital): void {
    const { line } = this.#of(hospital);
    const connection = line.hospitalEnd;
    if (connection === 0) return;
    const bytes = wire.fromHospital.serialize(encodeFromHospital(message));
    this.#deliver(line, 'up', () => {
      if (line.coordinatorEnd !== connection || line.cut === connection) return;
      this.#federation?.received(
        hospital,
        decodeFromHospital(wire.fromHospital.deserialize(bytes), hospital),
      );
    });
  }

  send(hospital: HospitalId, message: ToHospital): void {
    const { line, receiver } = this.#of(hospital);
    const connection = line.coordinatorEnd;
    if (connection === 0) return;
    const bytes = wire.toHospital.serialize(encodeToHospital(message));
    this.#deliver(line, 'down', () => {
      if (line.hospitalEnd === connection)
        receiver.received(decodeToHospital(wire.toHospital.deserialize(bytes)));
    });
  }

  disconnect(hospital: HospitalId, reason: string): void {
    const { line, receiver } = this.#of(hospital);
    const connection = line.coordinatorEnd;
    line.coordinatorEnd = 0;
    this.#world.note(`${hospital} is disconnected: ${reason}`);
    this.#deliver(line, 'down', () => {
      if (connection === 0 || line.hospitalEnd !== connection) return;
      line.hospitalEnd = 0;
      receiver.lost();
    });
  }

  traffic(): number {
    return 0;
  }

  /** Mostly prompt, now and then slower than a stage may last. */
  #deliver(line: Line, direction: 'up' | 'down', action: () => void): void {
    const world = this.#world;
    const delay = world.chance(0.02) ? world.between(50, 1500) : world.between(1, 20);
    line.arrives[direction] = Math.max(line.arrives[direction], world.now() + delay);
    world.after(line.arrives[direction] - world.now(), action);
  }

  #of(hospital: HospitalId): { line: Line; receiver: Receiver } {
    const entry = this.#lines.get(hospital);
    if (entry === undefined) throw new Error(`${hospital} never joined`);
    return entry;
  }
}
