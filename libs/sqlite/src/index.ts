export { Database, openDatabase, SqliteError, type SqliteValue, Statement } from './sqlite';
