import { setTimeout as delay } from 'node:timers/promises';
import { aliases, aliasMoves, modelEvents } from '../../src/db/schema.js';
import {
  findAlias,
  findAliasesOfModels,
  listAliases,
  pageAliasMoves,
  readAliasTargets,
} from '../../src/registry/aliases.js';
import { archiveModel, restoreModel } from '../../src/registry/archive-model.js';
import { areArchived, findEventsOfModels, readArchivedIds } from '../../src/registry/archived-models.js';
import type { ModelRow } from '../../src/registry/models.js';
import { moveAlias, type AliasMove } from '../../src/registry/move-alias.js';
import { REGISTRY_CHANNEL } from '../../src/registry/registry-channel.js';
import { describeDatabase } from '../support/database.js';
import { registerTestModel } from '../support/registry-rows.js';
import { waitFor } from '../support/wait-for.js';

const note = { reason: 'a test', actor: 'somebody' };
const probe = {
  kind: 'GOLDEN',
  pictureCount: 4,
  largestDifference: 1e-7,
  engine: 'wasm',
  elapsedMs: 12,
} as const;

describeDatabase('an alias', (open) => {
  let first: ModelRow;
  let second: ModelRow;
  beforeAll(async () => {
    first = await registerTestModel(open(), { name: 'first' });
    second = await registerTestModel(open(), { name: 'second' });
  });

  const move = (alias: string, from: ModelRow | null, to: ModelRow | null, rest: Partial<AliasMove> = {}) =>
    moveAlias(open(), {
      alias,
      expectedModelId: from?.id ?? null,
      toModelId: to?.id ?? null,
      probe,
      ...note,
      ...rest,
    });

  test('points where it was moved and keeps every move', async () => {
    await move('kept', null, first);
    await move('kept', first, second, { reason: 'better', actor: 'else' });
    expect(await findAlias(open(), 'kept')).toMatchObject({
      sequence: 2,
      fromModelId: first.id,
      toModelId: second.id,
      reason: 'better',
      actor: 'else',
      probe,
    });
    const { rows } = await pageAliasMoves(open(), 'kept', {});
    expect(rows.map(({ sequence, fromModelId, toModelId }) => [sequence, fromModelId, toModelId])).toEqual([
      [2, first.id, second.id],
      [1, null, first.id],
    ]);
  });

  test('pages through its history without repeating or losing a move', async () => {
    let from: ModelRow | null = null;
    for (const to of [first, second, first, second, first]) {
      await move('paged', from, to);
      from = to;
    }
    const page = await pageAliasMoves(open(), 'paged', { first: 2 });
    const rest = await pageAliasMoves(open(), 'paged', { first: 5, after: page.cursors[1] });
    expect([...page.rows, ...rest.rows].map(({ sequence }) => sequence)).toEqual([5, 4, 3, 2, 1]);
  });

  test('answers for any moment of its history', async () => {
    const before = new Date();
    await delay(5);
    const { createdAt: moved } = await move('timed', null, first);
    await delay(5);
    const { createdAt: movedAgain } = await move('timed', first, second);
    await delay(5);
    const { createdAt: removed } = await move('timed', second, null, { probe: null });
    const target = async (at: Date | null) => (await findAlias(open(), 'timed', at))?.toModelId ?? null;
    expect(await target(before)).toBeNull();
    expect(await target(new Date(moved.getTime() - 1))).toBeNull();
    expect(await target(moved)).toBe(first.id);
    expect(await target(new Date(movedAgain.getTime() - 1))).toBe(first.id);
    expect(await target(movedAgain)).toBe(second.id);
    expect(await target(removed)).toBeNull();
    expect(await target(null)).toBeNull();
  });

  test('moves in the order of its times, however fast the moves follow', async () => {
    let from: ModelRow | null = null;
    for (let count = 0; count < 20; count += 1) {
      const to: ModelRow = from === first ? second : first;
      await move('quick', from, to);
      from = to;
    }
    const { rows } = await pageAliasMoves(open(), 'quick', { last: 20 });
    const times = rows.reverse().map(({ createdAt }) => createdAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const { createdAt } of rows) {
      const latest = rows.filter((row) => row.createdAt.getTime() === createdAt.getTime()).at(-1);
      expect(await findAlias(open(), 'quick', createdAt)).toEqual(latest);
    }
  });

  test('stays where it is for whoever expects it elsewhere, and says where that is', async () => {
    await move('guarded', null, first);
    await expect(move('guarded', null, second)).rejects.toMatchObject({
      code: 'CONFLICT',
      facts: { alias: 'guarded', expected: null, current: first.id, currentName: 'first', sequence: 1 },
    });
    await expect(move('guarded', second, first)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(move('guarded', second, null)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(move('nowhere yet', first, second)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(move('nowhere-yet', first, second)).rejects.toMatchObject({
      code: 'CONFLICT',
      facts: { current: null, sequence: 0 },
    });
    expect((await pageAliasMoves(open(), 'guarded', {})).rows).toHaveLength(1);
    expect((await readAliasTargets(open())).has('nowhere-yet')).toBe(false);
  });

  test('lets exactly one of many that expect the same move it', async () => {
    await move('raced', null, first);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => move('raced', first, second, { actor: `runner ${index}` })),
    );
    const failed = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    expect(failed).toHaveLength(7);
    for (const error of failed)
      expect(error).toMatchObject({ code: 'CONFLICT', facts: { current: second.id } });
    const { rows } = await pageAliasMoves(open(), 'raced', {});
    expect(rows.map(({ sequence }) => sequence)).toEqual([2, 1]);
  });

  test('lets exactly one of many create it', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) => move('created', null, index % 2 === 0 ? first : second)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await pageAliasMoves(open(), 'created', {})).rows).toHaveLength(1);
  });

  test('is listed with its model, and no longer once removed', async () => {
    await move('listed', null, second);
    const listed = await listAliases(open());
    expect(listed.map(({ alias }) => alias)).toEqual([...listed.map(({ alias }) => alias)].sort());
    expect(listed.find(({ alias }) => alias === 'listed')).toMatchObject({ toModelId: second.id });
    expect(listed.every(({ toModelId }) => toModelId !== null)).toBe(true);
    const [ofFirst = [], ofSecond = []] = await findAliasesOfModels(open(), [first.id, second.id]);
    expect(ofFirst).not.toContain('listed');
    expect(ofSecond).toContain('listed');
    await move('listed', second, null, { probe: null });
    expect((await listAliases(open())).some(({ alias }) => alias === 'listed')).toBe(false);
    await move('listed', null, first);
    expect((await findAlias(open(), 'listed'))?.sequence).toBe(3);
  });

  test.each(['', 'Champion', '1st', 'with space', 'a'.repeat(64), '../up'])(
    'cannot be called "%s"',
    async (name) => {
      await expect(move(name, null, first)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    },
  );

  test.each([
    ['a blank reason', { reason: ' ' }, 'reason'],
    ['an essay for a reason', { reason: 'x'.repeat(1001) }, 'reason'],
    ['no actor', { actor: '' }, 'actor'],
    ['control characters', { actor: 'a\u0007b' }, 'actor'],
  ])('is not moved with %s', async (_description, rest, field) => {
    await expect(move('noted', null, first, rest)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      facts: { field },
    });
  });

  test('has a history that nobody can rewrite', async () => {
    await move('written', null, first);
    await expect(open().drizzle.update(aliasMoves).set({ reason: 'other' })).rejects.toThrow();
    await expect(open().drizzle.delete(aliasMoves)).rejects.toThrow();
    await expect(open().drizzle.delete(aliases)).rejects.toThrow();
  });

  test('announces its moves when they are committed', async () => {
    const heard: string[] = [];
    const stop = await open().listen(REGISTRY_CHANNEL, (payload) => heard.push(payload));
    await open()
      .transaction(async (scope) => {
        await moveAlias(scope, {
          alias: 'undone',
          expectedModelId: null,
          toModelId: first.id,
          probe,
          ...note,
        });
        throw new Error('after all, no');
      })
      .catch(() => undefined);
    await move('announced', null, first);
    await waitFor(() => heard.length > 0);
    expect(heard).toEqual(['announced']);
    await stop();
  });
});

describeDatabase('an archived model', (open) => {
  const register = (name: string) => registerTestModel(open(), { name });
  const point = (alias: string, to: ModelRow) =>
    moveAlias(open(), { alias, expectedModelId: null, toModelId: to.id, probe, ...note });

  test('is one until it is restored, and remembers both', async () => {
    const model = await register('coming back');
    expect(await archiveModel(open(), 'coming back', { reason: 'recalled', actor: 'a' })).toEqual(model);
    expect(await areArchived(open(), [model.id])).toEqual([true]);
    expect(await readArchivedIds(open())).toContain(model.id);
    await restoreModel(open(), model.id, { reason: 'cleared', actor: 'b' });
    expect(await areArchived(open(), [model.id])).toEqual([false]);
    expect(await readArchivedIds(open())).not.toContain(model.id);
    const [events = []] = await findEventsOfModels(open(), [model.id]);
    expect(events.map(({ kind, reason, actor }) => [kind, reason, actor])).toEqual([
      ['RESTORED', 'cleared', 'b'],
      ['ARCHIVED', 'recalled', 'a'],
    ]);
  });

  test('gets no second event of the same kind', async () => {
    const model = await register('once');
    await restoreModel(open(), 'once', note);
    await archiveModel(open(), 'once', note);
    await archiveModel(open(), 'once', note);
    const [events = []] = await findEventsOfModels(open(), [model.id]);
    expect(events).toHaveLength(1);
  });

  test('is none while an alias points at it', async () => {
    const model = await register('needed');
    await point('needs-it', model);
    await expect(archiveModel(open(), 'needed', note)).rejects.toMatchObject({
      code: 'CONFLICT',
      facts: { aliases: ['needs-it'] },
    });
    expect(await areArchived(open(), [model.id])).toEqual([false]);
  });

  test('gets no alias', async () => {
    const model = await register('put away');
    await archiveModel(open(), 'put away', { reason: 'too old', actor: 'a' });
    await expect(point('wants-it', model)).rejects.toMatchObject({
      code: 'MODEL_ARCHIVED',
      facts: { model: 'put away', reason: 'too old' },
    });
    await restoreModel(open(), 'put away', note);
    expect(await point('wants-it', model)).toMatchObject({ sequence: 1, toModelId: model.id });
  });

  test('and an aliased one exclude each other, whoever is first', async () => {
    for (let round = 0; round < 10; round += 1) {
      const model = await register(`contested ${round}`);
      const outcomes = await Promise.allSettled([
        archiveModel(open(), model.id, note),
        point(`contested-${round}`, model),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  test('has events that nobody can rewrite', async () => {
    await expect(open().drizzle.update(modelEvents).set({ reason: 'other' })).rejects.toThrow();
    await expect(open().drizzle.delete(modelEvents)).rejects.toThrow();
  });

  test('must be there', async () => {
    await expect(archiveModel(open(), 'nobody', note)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
