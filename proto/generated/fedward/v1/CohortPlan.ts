// Original file: fedward.proto

import type { RosterEntry as _fedward_v1_RosterEntry, RosterEntry__Output as _fedward_v1_RosterEntry__Output } from '../../fedward/v1/RosterEntry.ts';
import type { GraphPlan as _fedward_v1_GraphPlan, GraphPlan__Output as _fedward_v1_GraphPlan__Output } from '../../fedward/v1/GraphPlan.ts';

export interface CohortPlan {
  'roster'?: (_fedward_v1_RosterEntry)[];
  'maxDropouts'?: (number);
  'maxColluders'?: (number);
  'graph'?: (_fedward_v1_GraphPlan | null);
}

export interface CohortPlan__Output {
  'roster': (_fedward_v1_RosterEntry__Output)[];
  'maxDropouts': (number);
  'maxColluders': (number);
  'graph': (_fedward_v1_GraphPlan__Output | null);
}
