export { AnswerSpool } from './answer-spool';
export { type BegunIntake, Intake, type IntakeDeps, type IntakeItem, type ReprocessResult } from './intake';
export { type ParsedBody, parseBody } from './json-text';
export { NdjsonIntake, type NdjsonDeps, type NdjsonEnd, type NdjsonRequest, type NdjsonRun, type OutcomeCounts } from './ndjson-intake';
export { type IntakeOutcome, type Outcome, OUTCOMES } from './outcomes';
export type { IntakeSource, QuarantineResult } from './quarantine';
export { findSystem, type IntakeRoute, intakeRoute, isPlatform, KNOWN_SYSTEMS, type KnownSystem, type SystemKind } from './systems';
export { isTopic, type ItemTopic, type JsonSchema, type Topic, TOPIC_SCHEMAS, TOPICS } from './topics';
