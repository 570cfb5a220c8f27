// Every way in which an order refuses a command, named after the broken condition.
// A refusal is a value and leaves nothing behind.
import type { Rejection } from '@app/kernel';
import type { ApprovalRejectionName } from '../approval/approval.rejections';
import type { MoneyRejection } from '../money';

type OrderRejectionName =
  | 'OrderNotFound'
  | 'OrderAlreadyShipped'
  | 'OrderAlreadyClosed'
  | 'CurrencyChanged'
  | 'HoldNotFound'
  | 'HoldAlreadyReleased'
  | 'HoldNotReleasableByActor'
  | 'HoldExpiresInThePast'
  | 'HoldNotExpired'
  | 'CheckStillFails'
  | 'ReasonMissing'
  | 'TextMissing'
  | 'ScoreOutOfRange'
  | ApprovalRejectionName
  | MoneyRejection;

export type OrderRejection = Rejection<OrderRejectionName>;
