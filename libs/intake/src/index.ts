export { Intake, type IntakeItem } from './intake';
export { parseBody } from './json-text';
export { IntakeInterrupted, NdjsonIntake } from './ndjson-intake';
export type { IntakeOutcome } from './outcomes';
export type { IntakeSource } from './quarantine';
export { intakeRoute } from './systems';
export { TOPIC_SCHEMAS } from './topics';
