export { BoundedSending } from './bounded-sending';
export { OutboxNotifier } from './outbox.notifier';
export { SmsGatewayNotifier } from './sms-gateway.notifier';
export { senderOf, SmtpNotifier } from './smtp.notifier';
export { smtpServerOf } from './smtp-server-url';
