// The routes of intake: a system that OrderTrail knows, and a topic.
// What is not listed is unknown to every route, and nothing of it is read.
import { isSystem, SOURCE_SYSTEMS } from '@app/domain';
import { type Rejection, reject } from '@app/kernel';
import { isTopic, type Topic, TOPICS } from './topics';

interface IntakeRoute {
  system: string;
  topic: Topic;
}

/** The route of `/intake/{system}/{topic}`; SystemUnknown or TopicUnknown (both: not found) otherwise. */
export function intakeRoute(system: string, topic: string): IntakeRoute | Rejection<'SystemUnknown' | 'TopicUnknown'> {
  if (!isSystem(system)) {
    return reject('SystemUnknown', `There is no system ${system}. Known are ${SOURCE_SYSTEMS.map(({ code }) => code).join(', ')}.`, { system });
  }
  if (!isTopic(topic)) return reject('TopicUnknown', `There is no topic ${topic}. Known are ${TOPICS.join(', ')}.`, { topic });
  return { system, topic };
}
