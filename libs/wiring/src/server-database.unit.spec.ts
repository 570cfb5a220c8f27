// Which database of MongoDB is meant: the one that is named, whatever its name.
import { MongoClient } from 'mongodb';
import { databaseOf } from './server-database';

it.each([
  ['mongodb://127.0.0.1:27017', 'ordertrail'],
  ['mongodb://127.0.0.1:27017/', 'ordertrail'],
  ['mongodb://127.0.0.1:27017/?replicaSet=rs', 'ordertrail'],
  ['mongodb://a:1,b:2?replicaSet=rs/x', 'ordertrail'],
  ['mongodb://127.0.0.1:27017/test', 'test'],
  ['mongodb://user:p%2Fw@a:1,b:2/test?replicaSet=rs', 'test'],
  ['mongodb://user:p%2Fw@a:1,b:2/?authSource=test', 'ordertrail'],
  ['mongodb+srv://cluster.example.org/test', 'test'],
  ['mongodb://%2Ftmp%2Fmongodb.sock', 'ordertrail'],
  ['mongodb://127.0.0.1/other%2Dtrail', 'other-trail'],
])('%s is %s', (url, database) => {
  expect(databaseOf(new MongoClient(url), url).databaseName).toBe(database);
});
