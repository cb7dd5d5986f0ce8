export type { IoRedisClient, NodeRedisClient, NodeRedisScriptOptions, RedisClient } from './stores/redis-client.js'
export type {
  IoRedisSubscriber,
  NodeRedisSubscriber,
  RedisConnection,
  RedisSubscriber,
} from './stores/redis-notices.js'
export { redisStore, type RedisStoreOptions } from './stores/redis.js'
