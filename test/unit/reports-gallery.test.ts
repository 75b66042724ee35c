import { galleryChart } from '../../src/reports/charts.js';
import { chooseGallery, describeLeftOut, type ScoredAnswer } from '../../src/reports/gallery.js';

const CLASSES = ['gel', 'not_gel'];

function answer(name: string, label: number, score: number): ScoredAnswer {
  return {
    name: `test/${CLASSES[label]}/${name}.png`,
    sha256: name,
    label,
    predicted: score > 0.5 ? 1 : 0,
    probabilities: [1 - score, score],
  };
}

const answers = [
  answer('sure and right', 0, 0.01),
  answer('wrong, nearly right', 0, 0.55),
  answer('unsure and right', 1, 0.6),
  answer('sure and wrong', 1, 0.05),
];
const namesOf = (limit: number) =>
  chooseGallery(CLASSES, answers, limit).pictures.map(({ sha256 }) => sha256);

describe('a gallery', () => {
  it('shows wrong answers first, the surest on top, then right ones from the least sure up', () => {
    expect(namesOf(9)).toEqual([
      'sure and wrong',
      'wrong, nearly right',
      'unsure and right',
      'sure and right',
    ]);
  });

  it('names the actual and the predicted class with its probability', () => {
    const [first, , third] = chooseGallery(CLASSES, answers, 9).pictures;
    expect(first).toMatchObject({ actual: 'not_gel', predicted: 'gel', probability: 0.95, isRight: false });
    expect(third).toMatchObject({ actual: 'not_gel', predicted: 'not_gel', probability: 0.6, isRight: true });
  });

  it('says how many are left out', () => {
    expect(describeLeftOut(chooseGallery(CLASSES, answers, 1).leftOut)).toBe(
      '3 are left out, 1 wrong ones among them',
    );
    expect(describeLeftOut(chooseGallery(CLASSES, answers, 2).leftOut)).toBe('2 right ones are left out');
    expect(describeLeftOut(chooseGallery(CLASSES, answers, 4).leftOut)).toBeNull();
  });

  it('shows a picture once that a cross-validation answered several times, by its worst answer', () => {
    const repeats = [answer('a', 0, 0.2), answer('a', 0, 0.9), answer('a', 0, 0.7), answer('b', 0, 0.1)];
    const { pictures, pictureCount, wrongCount } = chooseGallery(CLASSES, repeats, 9);
    expect([pictureCount, wrongCount]).toEqual([2, 1]);
    expect(pictures[0]).toMatchObject({ sha256: 'a', probability: 0.9, answerCount: 3, wrongCount: 2 });
  });

  it('is described in words, and is never quite sure', () => {
    const gallery = chooseGallery(CLASSES, [answers[3]!, answer('certain', 1, 0.99999)], 9);
    const { description } = galleryChart(gallery, new Map(), { title: 'Test pictures' });
    expect(description).toBe(
      'Test pictures: 1 of 2 pictures wrong; test/not_gel/sure and wrong.png is not_gel, wrongly called gel (95.0%); test/not_gel/certain.png is not_gel, rightly called not_gel (99.9%)',
    );
  });
});
