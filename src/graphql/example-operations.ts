export interface ExampleOperation {
  name: string;
  query: string;
  variables?: Record<string, unknown>;
}

/**
 * The operations that GraphiQL opens with. test/graphql/example-operations.test.ts executes each of them, so they never
 * fall behind the schema.
 */
export const EXAMPLE_OPERATIONS: readonly ExampleOperation[] = [
  {
    name: 'BestModels',
    query: `# The best model, who is tied with it and what decided;
# then the results table. Every column can be ordered and
# filtered by.
query BestModels {
  bestModel(metric: ACCURACY) {
    explanation decidedBy
    model { name backbone head digest }
    value interval { low high } comparedCount
    tiedWith {
      model { name } value isPaired pValue
      onlyBestRight onlyThisRight
    }
  }
  results(
    first: 10
    orderBy: [
      { field: ACCURACY, direction: DESC }
      { field: LOG_LOSS, direction: ASC }
    ]
  ) {
    totalCount
    edges {
      node {
        modelNumber modelName hardwareType
        pretrainedModel classifierHead optAlg trainable
        trainingTimeMins inferenceTimeSecs
        accuracy accuracyLow accuracyHigh testCount
        precision recall confusionMatrix rocAuc
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  },
  {
    name: 'Compare',
    query: `# Two models on the test pictures that both were tested
# on: who is right where, and whether that is chance.
query Compare($a: String!, $b: String!) {
  compareModels(a: $a, b: $b) {
    explanation pictureCount groupCount pValue
    a { model { name } accuracy { k n } onlyRight }
    b { model { name } accuracy { k n } onlyRight }
    rocAucDifference
    rocAucDifferenceInterval { low high }
    differences {
      name label
      a { label probability }
      b { label probability }
    }
  }
}
`,
    variables: { a: '1', b: '2' },
  },
  {
    name: 'Served',
    query: `# Which model answers where none is named, how it came
# there, and how a challenger would have answered.
query Served($champion: ID!, $challenger: ID!) {
  aliases {
    name
    model { name digest }
    history(first: 5) {
      edges {
        node {
          sequence reason actor createdAt
          from { name } to { name }
          probe { kind largestDifference }
        }
      }
    }
  }
  shadowReport(
    champion: $champion
    challenger: $challenger
  ) {
    agreement { k n value low high }
    outcomes { championLabel label count }
    disagreements(first: 10) {
      edges {
        node {
          championLabel label probability
          classification { filename picture { sha256 } }
        }
      }
    }
  }
}
`,
    variables: { champion: '1', challenger: '2' },
  },
  {
    name: 'Train',
    query: `# Starts a training run and returns at once; the next
# tab shows its progress.
mutation Train($input: TrainModelInput!) {
  trainModel(input: $input) {
    id name state stage
    configuration {
      backbone weights head optimizer device
      learningRate batchSize epochs seed
    }
  }
}
`,
    variables: { input: { dataset: 'demo', head: 'SINGLE', optimizer: 'ADAM' } },
  },
  {
    name: 'Progress',
    query: `# The latest runs, epoch by epoch.
query Progress {
  trainingRuns(first: 5) {
    edges {
      node {
        id name state stage stageProgress engine
        epochs {
          number trainLoss validationLoss
          trainAccuracy validationAccuracy
        }
        error { code message advice }
        model { name }
      }
    }
  }
}
`,
  },
  {
    name: 'Live',
    query: `# What happens to a run, as it happens. Put the id that
# the tab Train gave into the variables.
subscription Live($run: ID!, $after: Int) {
  trainingProgress(run: $run, afterSequence: $after) {
    sequence kind state stage stageProgress secondsLeft
    epoch { number trainLoss validationLoss }
    error { code message advice }
  }
}
`,
    variables: { run: 'id of a training run', after: 0 },
  },
  {
    name: 'Grid',
    query: `# Trains every combination of the lists. Without lists:
# the 24 models of the published experiment.
mutation Grid($input: TrainSweepInput!) {
  trainSweep(input: $input) {
    id name state
    counts { total queued refused reused }
    parts {
      number isReused
      configuration { weights head optimizer device }
      run { id name }
      refusal { code message advice }
    }
  }
}
`,
    variables: {
      input: {
        dataset: 'demo',
        name: 'first-grid',
        backbones: ['MOBILENET_V3_LARGE'],
        optimizers: ['ADAM'],
        devices: ['CPU'],
      },
    },
  },
  {
    name: 'GridLive',
    query: `# How far the grid of the tab before is.
subscription GridLive($sweep: ID!) {
  sweepProgress(sweep: $sweep) {
    state secondsLeft
    counts {
      total queued running succeeded failed refused
    }
    running {
      number name stage stageProgress secondsLeft
    }
  }
}
`,
    variables: { sweep: 'first-grid' },
  },
  {
    name: 'Machine',
    query: `# What this machine can compute with, and the data sets
# that are here.
query Machine {
  devices {
    device engine available version reason
    measurements { weights batchSize msPerPicture }
  }
  datasets(first: 10) {
    edges {
      node {
        name digest pictureCount
        classes { name pictureCount }
      }
    }
  }
}
`,
  },
  {
    name: 'Answers',
    query: `# The latest classifications, as they were answered, and
# whether all of them are still as they were stored.
# GraphiQL sends no files; a picture is classified with
#   gelql classify gel.png --url http://localhost:4000
# or with curl, as the README shows.
query Answers {
  verifyReceipts {
    isIntact intactCount
    head { sequence hash }
    problem { kind sequence message }
  }
  classifications(first: 10) {
    edges {
      node {
        createdAt filename label probability
        decision decisionReasons
        nearest { name label distance }
        seenInTraining { kind name }
        actor clientReference
        reviews { label reason actor }
        model { name digest }
        receipt { sequence hash }
        picture {
          format width height bitDepth
          sha256 polarityGuess
        }
        warnings { code message }
        timing {
          decodeMs queueMs inferMs
          batchSize engine device
        }
      }
    }
  }
}
`,
  },
  {
    name: 'Replay',
    query: `# Answers once more with the model of that time. Put the
# id of a classification into the variables; its picture
# must have been kept (GELQL_KEEP_PICTURES=true).
mutation Replay($id: ID!) {
  replayClassification(id: $id) {
    isSame largestDifference engine
    label probability
    classification { label probability createdAt }
  }
}
`,
    variables: { id: 'id of a classification' },
  },
];
