import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Ack as _fedward_v1_Ack, Ack__Output as _fedward_v1_Ack__Output } from './fedward/v1/Ack.ts';
import type { Advertisement as _fedward_v1_Advertisement, Advertisement__Output as _fedward_v1_Advertisement__Output } from './fedward/v1/Advertisement.ts';
import type { AdvertisementList as _fedward_v1_AdvertisementList, AdvertisementList__Output as _fedward_v1_AdvertisementList__Output } from './fedward/v1/AdvertisementList.ts';
import type { AttemptRef as _fedward_v1_AttemptRef, AttemptRef__Output as _fedward_v1_AttemptRef__Output } from './fedward/v1/AttemptRef.ts';
import type { Attestation as _fedward_v1_Attestation, Attestation__Output as _fedward_v1_Attestation__Output } from './fedward/v1/Attestation.ts';
import type { AttestationList as _fedward_v1_AttestationList, AttestationList__Output as _fedward_v1_AttestationList__Output } from './fedward/v1/AttestationList.ts';
import type { CohortPlan as _fedward_v1_CohortPlan, CohortPlan__Output as _fedward_v1_CohortPlan__Output } from './fedward/v1/CohortPlan.ts';
import type { DeadlinePlan as _fedward_v1_DeadlinePlan, DeadlinePlan__Output as _fedward_v1_DeadlinePlan__Output } from './fedward/v1/DeadlinePlan.ts';
import type { Envelope as _fedward_v1_Envelope, Envelope__Output as _fedward_v1_Envelope__Output } from './fedward/v1/Envelope.ts';
import type { FederationClient as _fedward_v1_FederationClient, FederationDefinition as _fedward_v1_FederationDefinition } from './fedward/v1/Federation.ts';
import type { FetchModelRequest as _fedward_v1_FetchModelRequest, FetchModelRequest__Output as _fedward_v1_FetchModelRequest__Output } from './fedward/v1/FetchModelRequest.ts';
import type { FromHospital as _fedward_v1_FromHospital, FromHospital__Output as _fedward_v1_FromHospital__Output } from './fedward/v1/FromHospital.ts';
import type { GraphPlan as _fedward_v1_GraphPlan, GraphPlan__Output as _fedward_v1_GraphPlan__Output } from './fedward/v1/GraphPlan.ts';
import type { Heartbeat as _fedward_v1_Heartbeat, Heartbeat__Output as _fedward_v1_Heartbeat__Output } from './fedward/v1/Heartbeat.ts';
import type { Hello as _fedward_v1_Hello, Hello__Output as _fedward_v1_Hello__Output } from './fedward/v1/Hello.ts';
import type { HospitalSet as _fedward_v1_HospitalSet, HospitalSet__Output as _fedward_v1_HospitalSet__Output } from './fedward/v1/HospitalSet.ts';
import type { Inbox as _fedward_v1_Inbox, Inbox__Output as _fedward_v1_Inbox__Output } from './fedward/v1/Inbox.ts';
import type { Instruction as _fedward_v1_Instruction, Instruction__Output as _fedward_v1_Instruction__Output } from './fedward/v1/Instruction.ts';
import type { JobClosed as _fedward_v1_JobClosed, JobClosed__Output as _fedward_v1_JobClosed__Output } from './fedward/v1/JobClosed.ts';
import type { ModelChunk as _fedward_v1_ModelChunk, ModelChunk__Output as _fedward_v1_ModelChunk__Output } from './fedward/v1/ModelChunk.ts';
import type { ModelPlan as _fedward_v1_ModelPlan, ModelPlan__Output as _fedward_v1_ModelPlan__Output } from './fedward/v1/ModelPlan.ts';
import type { PeerShare as _fedward_v1_PeerShare, PeerShare__Output as _fedward_v1_PeerShare__Output } from './fedward/v1/PeerShare.ts';
import type { PrivacyPlan as _fedward_v1_PrivacyPlan, PrivacyPlan__Output as _fedward_v1_PrivacyPlan__Output } from './fedward/v1/PrivacyPlan.ts';
import type { Refusal as _fedward_v1_Refusal, Refusal__Output as _fedward_v1_Refusal__Output } from './fedward/v1/Refusal.ts';
import type { RosterEntry as _fedward_v1_RosterEntry, RosterEntry__Output as _fedward_v1_RosterEntry__Output } from './fedward/v1/RosterEntry.ts';
import type { RoundClosed as _fedward_v1_RoundClosed, RoundClosed__Output as _fedward_v1_RoundClosed__Output } from './fedward/v1/RoundClosed.ts';
import type { RoundPlan as _fedward_v1_RoundPlan, RoundPlan__Output as _fedward_v1_RoundPlan__Output } from './fedward/v1/RoundPlan.ts';
import type { SealedShares as _fedward_v1_SealedShares, SealedShares__Output as _fedward_v1_SealedShares__Output } from './fedward/v1/SealedShares.ts';
import type { StageMessage as _fedward_v1_StageMessage, StageMessage__Output as _fedward_v1_StageMessage__Output } from './fedward/v1/StageMessage.ts';
import type { ToHospital as _fedward_v1_ToHospital, ToHospital__Output as _fedward_v1_ToHospital__Output } from './fedward/v1/ToHospital.ts';
import type { TrainingPlan as _fedward_v1_TrainingPlan, TrainingPlan__Output as _fedward_v1_TrainingPlan__Output } from './fedward/v1/TrainingPlan.ts';
import type { Unmasking as _fedward_v1_Unmasking, Unmasking__Output as _fedward_v1_Unmasking__Output } from './fedward/v1/Unmasking.ts';
import type { VectorChunk as _fedward_v1_VectorChunk, VectorChunk__Output as _fedward_v1_VectorChunk__Output } from './fedward/v1/VectorChunk.ts';
import type { Welcome as _fedward_v1_Welcome, Welcome__Output as _fedward_v1_Welcome__Output } from './fedward/v1/Welcome.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  fedward: {
    v1: {
      Ack: MessageTypeDefinition<_fedward_v1_Ack, _fedward_v1_Ack__Output>
      Advertisement: MessageTypeDefinition<_fedward_v1_Advertisement, _fedward_v1_Advertisement__Output>
      AdvertisementList: MessageTypeDefinition<_fedward_v1_AdvertisementList, _fedward_v1_AdvertisementList__Output>
      AttemptRef: MessageTypeDefinition<_fedward_v1_AttemptRef, _fedward_v1_AttemptRef__Output>
      Attestation: MessageTypeDefinition<_fedward_v1_Attestation, _fedward_v1_Attestation__Output>
      AttestationList: MessageTypeDefinition<_fedward_v1_AttestationList, _fedward_v1_AttestationList__Output>
      CohortPlan: MessageTypeDefinition<_fedward_v1_CohortPlan, _fedward_v1_CohortPlan__Output>
      DeadlinePlan: MessageTypeDefinition<_fedward_v1_DeadlinePlan, _fedward_v1_DeadlinePlan__Output>
      Envelope: MessageTypeDefinition<_fedward_v1_Envelope, _fedward_v1_Envelope__Output>
      Federation: SubtypeConstructor<typeof grpc.Client, _fedward_v1_FederationClient> & { service: _fedward_v1_FederationDefinition }
      FetchModelRequest: MessageTypeDefinition<_fedward_v1_FetchModelRequest, _fedward_v1_FetchModelRequest__Output>
      FromHospital: MessageTypeDefinition<_fedward_v1_FromHospital, _fedward_v1_FromHospital__Output>
      GraphPlan: MessageTypeDefinition<_fedward_v1_GraphPlan, _fedward_v1_GraphPlan__Output>
      Heartbeat: MessageTypeDefinition<_fedward_v1_Heartbeat, _fedward_v1_Heartbeat__Output>
      Hello: MessageTypeDefinition<_fedward_v1_Hello, _fedward_v1_Hello__Output>
      HospitalSet: MessageTypeDefinition<_fedward_v1_HospitalSet, _fedward_v1_HospitalSet__Output>
      Inbox: MessageTypeDefinition<_fedward_v1_Inbox, _fedward_v1_Inbox__Output>
      Instruction: MessageTypeDefinition<_fedward_v1_Instruction, _fedward_v1_Instruction__Output>
      JobClosed: MessageTypeDefinition<_fedward_v1_JobClosed, _fedward_v1_JobClosed__Output>
      ModelChunk: MessageTypeDefinition<_fedward_v1_ModelChunk, _fedward_v1_ModelChunk__Output>
      ModelPlan: MessageTypeDefinition<_fedward_v1_ModelPlan, _fedward_v1_ModelPlan__Output>
      PeerShare: MessageTypeDefinition<_fedward_v1_PeerShare, _fedward_v1_PeerShare__Output>
      PrivacyPlan: MessageTypeDefinition<_fedward_v1_PrivacyPlan, _fedward_v1_PrivacyPlan__Output>
      Refusal: MessageTypeDefinition<_fedward_v1_Refusal, _fedward_v1_Refusal__Output>
      RosterEntry: MessageTypeDefinition<_fedward_v1_RosterEntry, _fedward_v1_RosterEntry__Output>
      RoundClosed: MessageTypeDefinition<_fedward_v1_RoundClosed, _fedward_v1_RoundClosed__Output>
      RoundPlan: MessageTypeDefinition<_fedward_v1_RoundPlan, _fedward_v1_RoundPlan__Output>
      SealedShares: MessageTypeDefinition<_fedward_v1_SealedShares, _fedward_v1_SealedShares__Output>
      ShareKind: EnumTypeDefinition
      StageMessage: MessageTypeDefinition<_fedward_v1_StageMessage, _fedward_v1_StageMessage__Output>
      ToHospital: MessageTypeDefinition<_fedward_v1_ToHospital, _fedward_v1_ToHospital__Output>
      TrainingPlan: MessageTypeDefinition<_fedward_v1_TrainingPlan, _fedward_v1_TrainingPlan__Output>
      Unmasking: MessageTypeDefinition<_fedward_v1_Unmasking, _fedward_v1_Unmasking__Output>
      VectorChunk: MessageTypeDefinition<_fedward_v1_VectorChunk, _fedward_v1_VectorChunk__Output>
      Welcome: MessageTypeDefinition<_fedward_v1_Welcome, _fedward_v1_Welcome__Output>
    }
  }
}

