import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatRemark } from '../../src/datasets/folder-remarks.js';
import { readGroupFile } from '../../src/datasets/read-group-file.js';
import { scanFolder, scanFolders, type FolderScan } from '../../src/datasets/scan-folder.js';
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
const namesOf = ({ pictures }: FolderScan) => pictures.map(({ name }) => name);
const remarksOf = ({ remarks }: FolderScan) =>
  Object.fromEntries(remarks.map(({ kind, count, names }) => [kind, [count, ...names]]));

describe('a folder of classes', () => {
  test('is read in the order of the names, numbers as numbers, with everything below a class', async () => {
    await write('b/2.png', 'b/10.png', 'a/deep/er/x.tif', 'a/1.jpg', 'b/Ä.png');
    const scan = await scanFolder(root);
    expect(namesOf(scan)).toEqual(['a/1.jpg', 'a/deep/er/x.tif', 'b/2.png', 'b/10.png', 'b/Ä.png']);
    expect(scan.remarks).toEqual([]);
    expect(scan.pictures[1]).toEqual({
      path: at('a/deep/er/x.tif'),
      name: 'a/deep/er/x.tif',
      className: 'a',
      subset: 'UNSPLIT',
    });
  });

  test.each([
    ['Train', 'TEST'],
    ['training', 'Testing'],
    ['TRAINING_SET', 'test set'],
  ])('is split by %s and %s', async (train, testing) => {
    await write(`${train}/a/1.png`, `${train}/b/1.png`, `${testing}/a/2.png`, `${testing}/b/2.png`);
    const { pictures } = await scanFolder(root);
    expect(pictures.map(({ name, className, subset }) => [name, className, subset]).sort()).toEqual(
      [
        [`${testing}/a/2.png`, 'a', 'TEST'],
        [`${testing}/b/2.png`, 'b', 'TEST'],
        [`${train}/a/1.png`, 'a', 'TRAIN'],
        [`${train}/b/1.png`, 'b', 'TRAIN'],
      ].sort(),
    );
  });

  test.each(['val', 'valid', 'Validation'])('trains on %s beside a test, and says so', async (name) => {
    await write('train/a/1', 'train/b/2', 'test/a/3', 'test/b/4', `${name}/a/5`, `${name}/b/6`);
    const scan = await scanFolder(root);
    const validation = scan.pictures.filter((picture) => picture.name.startsWith(name));
    expect(validation.map(({ subset }) => subset)).toEqual(['TRAIN', 'TRAIN']);
    expect(remarksOf(scan)).toEqual({ VALIDATION_FOLDER: [1, `the 2 files of ${name} for training`] });
  });

  test('tests on val where there is no test, and says so', async () => {
    await write('train/a/1', 'train/b/2', 'val/a/5', 'val/b/6');
    const scan = await scanFolder(root);
    expect(scan.pictures.map(({ subset }) => subset)).toEqual(['TRAIN', 'TRAIN', 'TEST', 'TEST']);
    expect(remarksOf(scan)).toEqual({ VALIDATION_FOLDER: [1, 'the 2 files of val as the test'] });
  });

  test('may have a class named valid', async () => {
    await write('valid/1', 'invalid/2');
    const { pictures } = await scanFolder(root);
    expect(pictures.map(({ className }) => className)).toEqual(['invalid', 'valid']);
  });

  test('gives up what cannot hold a picture and counts it, but takes files without an ending', async () => {
    await write(
      'a/1.png',
      'a/notes.TXT',
      'a/labels.csv',
      'a/half.png.part',
      'a/1.png~',
      'b/scan',
      'README.md',
    );
    await write('a/.DS_Store', '.git/x.png', 'a/@eaDir/1.png/thumb.jpg', '__MACOSX/a/1.png', 'b/Thumbs.db');
    await write('   /1.png', 'b/\u200b', 'loose.png');
    await mkdir(at('c'));
    const scan = await scanFolder(root);
    expect(namesOf(scan)).toEqual(['a/1.png', 'b/scan']);
    expect(remarksOf(scan)).toEqual({
      SYSTEM_ENTRY: [7, '   ', '__MACOSX', '.git', 'a/.DS_Store', 'a/@eaDir'],
      UNFINISHED_FILE: [2, 'a/1.png~', 'a/half.png.part'],
      NO_PICTURE_FILE: [3, 'README.md', 'a/labels.csv', 'a/notes.TXT'],
      OUTSIDE_CLASSES: [1, 'loose.png'],
      EMPTY_FOLDER: [1, 'c'],
    });
  });

  test('reads names that are not UTF-8, and says how', async () => {
    const latin = (text: string) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(text, 'latin1')]);
    await mkdir(latin('Größe'));
    await writeFile(latin('Größe/Bänder.png'), 'latin');
    await write('Größe/Bänder.png', 'gel/1.png');
    const scan = await scanFolder(root);
    expect(scan.pictures.map(({ name, className }) => [name, className])).toEqual([
      ['gel/1.png', 'gel'],
      ['Größe/Bänder.png', 'Größe'],
      ['Größe/Bänder.png (2)', 'Größe'],
    ]);
    const contents = await Promise.all(scan.pictures.map(({ path }) => readFile(path, 'utf8')));
    expect(contents.sort()).toEqual(['Größe/Bänder.png', 'gel/1.png', 'latin']);
    expect(remarksOf(scan)).toEqual({ NOT_UTF8: [2, 'Größe', 'Größe/Bänder.png'] });
  });

  test('takes two spellings of one letter for one class', async () => {
    await write('train/\u00c4/1', 'train/b/2', 'test/A\u0308/3', 'test/b/4');
    const { pictures } = await scanFolder(root);
    expect(new Set(pictures.map(({ className }) => className))).toEqual(new Set(['b', '\u00c4']));
  });

  test.each([
    ['a class beside train', ['train/a/1', 'train/b/2', 'c/3'], 'the folder c (files: 1) beside train'],
    ['pictures right below train', ['train/1', 'train/2', 'test/1'], 'one folder per class, such as'],
    ['train inside a class', ['a/train/1', 'a/test/2', 'b/train/3'], 'put it above the classes'],
    ['train inside the only folder', ['set/train/a/1', 'set/test/b/2'], 'and that holds test: name'],
    ['classes inside the only folder', ['set/a/1', 'set/b/2'], 'Where the classes lie in set'],
  ])('is refused with advice: %s', async (_what, names, advice) => {
    await write(...names);
    const error = await rejection(scanFolder(root));
    expect([error.code, error.message]).toEqual([
      'DATASET_INVALID',
      expect.stringContaining(advice) as unknown,
    ]);
  });

  test('is doubted where every class holds the same folders', async () => {
    await write('lab 1/gel/1', 'lab 1/plot/2', 'lab 2/gel/3', 'lab 2/plot/4');
    expect(remarksOf(await scanFolder(root))).toEqual({ SAME_FOLDERS: [2, 'gel', 'plot'] });
    await write('lab 2/5');
    expect((await scanFolder(root)).remarks).toEqual([]);
  });

  test('says of the first only where a thousand are left out', async () => {
    await write(...Array.from({ length: 100 }, (_, index) => `a/${index}.txt`), 'a/1', 'b/2');
    const [remark] = (await scanFolder(root)).remarks;
    expect(remark?.names).toHaveLength(5);
    expect(remark === undefined ? '' : formatRemark(remark)).toBe(
      'left out 100 texts and tables: a/0.txt, a/1.txt, a/2.txt, a/3.txt, a/4.txt and 95 more',
    );
  });

  test('follows links to its own files only, and counts the others', async () => {
    await write('data/a/1.png', 'data/b/1.png', 'outside/secret.png');
    await symlink(at('data/a/1.png'), at('data/b/inside.png'));
    await symlink(at('outside/secret.png'), at('data/b/outside.png'));
    await symlink(at('outside'), at('data/a/folder'));
    await symlink(at('outside'), at('data/c'));
    await symlink(at('nowhere'), at('data/b/dangling.png'));
    await symlink(at('data/b/circle.png'), at('data/b/circle.png'));
    const scan = await scanFolder(at('data'));
    expect(namesOf(scan)).toEqual(['a/1.png', 'b/1.png', 'b/inside.png']);
    expect(remarksOf(scan)).toEqual({
      LINK: [5, 'c', 'a/folder', 'b/circle.png', 'b/dangling.png', 'b/outside.png'],
    });
  });

  test('of links alone is refused, and the links are named', async () => {
    await write('store/1.png');
    await mkdir(at('data/a'), { recursive: true });
    await mkdir(at('data/b'));
    await symlink(at('store/1.png'), at('data/a/1.png'));
    await symlink(at('store/1.png'), at('data/b/1.png'));
    const error = await rejection(scanFolder(at('data')));
    expect(error.message).toContain('Left out 2 symbolic links');
    expect(error.message).toContain('a/1.png, b/1.png');
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
    const { pictures: different } = await scanFolders([
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
    return readGroupFile(at('groups.csv'), (await scanFolder(at('set'))).pictures);
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
