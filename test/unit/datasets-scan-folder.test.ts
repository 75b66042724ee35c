import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readGroupFile } from '../../src/datasets/read-group-file.js';
import { scanFolder, scanFolders } from '../../src/datasets/scan-folder.js';
import { rejection } from '../support/caught-error.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gelql-scan-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), name);
  }
}

const at = (name: string) => join(root, name);
const namesOf = (pictures: readonly { name: string }[]) => pictures.map(({ name }) => name);

describe('a folder of classes', () => {
  test('is read in the order of the names, numbers as numbers, with everything below a class', async () => {
    await write('b/2.png', 'b/10.png', 'a/deep/er/x.tif', 'a/1.jpg', 'b/Ä.png');
    const pictures = await scanFolder(root);
    expect(namesOf(pictures)).toEqual(['a/1.jpg', 'a/deep/er/x.tif', 'b/2.png', 'b/10.png', 'b/Ä.png']);
    expect(pictures[1]).toEqual({
      path: at('a/deep/er/x.tif'),
      name: 'a/deep/er/x.tif',
      className: 'a',
      subset: 'UNSPLIT',
    });
  });

  test('is split by train and test in any case, and what lies beside them is left out', async () => {
    await write('Train/a/1.png', 'Train/b/1.png', 'TEST/a/2.png', 'TEST/b/2.png', 'rest/c/3.png');
    const pictures = await scanFolder(root);
    expect(pictures.map(({ name, subset }) => [name, subset])).toEqual([
      ['TEST/a/2.png', 'TEST'],
      ['TEST/b/2.png', 'TEST'],
      ['Train/a/1.png', 'TRAIN'],
      ['Train/b/1.png', 'TRAIN'],
    ]);
  });

  test('gives up hidden files, cards, tables and empty folders, but not files without an ending', async () => {
    await write('a/1.png', 'a/.DS_Store', 'a/notes.TXT', 'a/labels.csv', 'b/scan', '.git/x.png', 'README.md');
    await mkdir(at('c'));
    await mkdir(at('a/.thumbnails'));
    await write('a/.thumbnails/1.png');
    expect(namesOf(await scanFolder(root))).toEqual(['a/1.png', 'b/scan']);
  });

  test('follows links to its own files only', async () => {
    await write('data/a/1.png', 'data/b/1.png', 'outside/secret.png');
    await symlink(at('data/a/1.png'), at('data/b/inside.png'));
    await symlink(at('outside/secret.png'), at('data/b/outside.png'));
    await symlink(at('outside'), at('data/a/folder'));
    await symlink(at('outside'), at('data/c'));
    await symlink(at('nowhere'), at('data/b/dangling.png'));
    await symlink(at('data/b/circle.png'), at('data/b/circle.png'));
    expect(namesOf(await scanFolder(at('data')))).toEqual(['a/1.png', 'b/1.png', 'b/inside.png']);
  });

  test('may itself be a link', async () => {
    await write('data/a/1.png', 'data/b/1.png');
    await symlink(at('data'), at('link'));
    expect(namesOf(await scanFolder(at('link')))).toEqual(['a/1.png', 'b/1.png']);
  });

  test('is refused with what was found: one class, none, a file, nothing', async () => {
    await write('one/gel/1.png', 'none/readme.md', 'file.png');
    const messageOf = async (name: string) => {
      const error = await rejection(scanFolder(at(name)));
      expect(error.code).toBe('DATASET_INVALID');
      return error.message;
    };
    expect(await messageOf('one')).toContain('the classes gel');
    expect(await messageOf('none')).toContain('no class');
    expect(await messageOf('file.png')).toContain('is a file');
    expect(await messageOf('absent')).toContain('There is no folder');
  });
});

describe('several folders', () => {
  test('are told apart by their names, or by their paths where the names are the same', async () => {
    await write('lab-a/x/1.png', 'lab-b/y/1.png', 'old/set/x/1.png', 'new/set/y/1.png');
    const different = await scanFolders([
      { directory: at('lab-a'), subset: 'TRAIN' },
      { directory: at('lab-b/'), subset: 'TEST' },
    ]);
    expect(different.map(({ name, subset }) => [name, subset])).toEqual([
      ['lab-a/x/1.png', 'TRAIN'],
      ['lab-b/y/1.png', 'TEST'],
    ]);
    const same = await scanFolders([{ directory: at('old/set') }, { directory: at('new/set') }]);
    expect(namesOf(same)).toEqual([`${at('old/set')}/x/1.png`, `${at('new/set')}/y/1.png`]);
  });

  test('give the wanted classes only, and miss none of them silently', async () => {
    await write('s/a/1.png', 's/b/1.png', 's/c/1.png');
    expect(namesOf(await scanFolders([{ directory: at('s') }], { classes: ['c', 'a'] }))).toEqual([
      'a/1.png',
      'c/1.png',
    ]);
    const error = await rejection(scanFolders([{ directory: at('s') }], { classes: ['a', 'b', 'd'] }));
    expect(error.message).toContain('none of d');
  });
});

describe('a file of groups', () => {
  async function groupsOf(csv: string) {
    await write('set/a/1.png', 'set/b/1.png', 'set/b/2.png');
    await writeFile(at('groups.csv'), csv);
    return readGroupFile(at('groups.csv'), await scanFolder(at('set')));
  }

  test('names the group of each picture by its path, with or without the folders before it', async () => {
    expect([...(await groupsOf('file,group\na/1.png,plate\nset/other.png,x\nb/2.png,plate\n'))]).toEqual([
      ['a/1.png', 'plate'],
      ['b/2.png', 'plate'],
    ]);
    expect([...(await groupsOf('owner_repo,file\nlab/one,2.png\n,1.png\n'))]).toEqual([
      ['b/2.png', 'lab/one'],
    ]);
  });

  test('is refused where it has no such columns, names no picture or is no CSV', async () => {
    for (const csv of [
      'name,group\na/1.png,x\n',
      'file,colour\na/1.png,x\n',
      'file,group\nz.png,x\n',
      '',
      'a,"b',
    ]) {
      expect((await rejection(groupsOf(csv))).code).toBe('DATASET_INVALID');
    }
  });
});
