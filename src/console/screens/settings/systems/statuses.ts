/** CAP `status` of what a system of others is told of, or tells. */
export const STATUSES = ['Actual', 'Exercise', 'Test', 'System'] as const
