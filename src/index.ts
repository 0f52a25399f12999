// The public API: everything that `import … from 'netwright'` offers, by name.

export { type Cifar10Options, cifar10 } from './data/cifar10.js'
export {
  type Column,
  type CsvFormat,
  type CsvOptions,
  type CsvStreamOptions,
  csvStream,
  readCsv,
  readCsvSamples,
  type Task as TableTask,
} from './data/csv.js'
export type { DownloadableOptions } from './data/data-places.js'
export { Dataset, type DatasetOptions, type SamplesLike } from './data/dataset.js'
export { fashionMnist } from './data/fashion-mnist.js'
export { readIdx } from './data/idx.js'
export type { TrainAndTest } from './data/idx-images.js'
export { type ImageFolderOptions, type ImageFolderProgress, imageFolder } from './data/images/image-folder.js'
export { type ReadImageOptions, readImage } from './data/images/read-image.js'
export { iris } from './data/iris.js'
export { type Fold, type KFoldOptions, kFold } from './data/k-fold.js'
export { kmnist } from './data/kmnist.js'
export { type MnistOptions, mnist } from './data/mnist.js'
export { type MoonsOptions, moons } from './data/moons.js'
export { type NpyOptions, readNpy, readNpz } from './data/npy.js'
export {
  type ImageSource,
  Preprocessing,
  type PreprocessingParts,
  type TableColumn,
  type TableSource,
} from './data/preprocessing.js'
export { type SpiralOptions, spiral } from './data/spiral.js'
export {
  type Split,
  type SplitOptions,
  type SplitWithValidation,
  split,
  type TrainValidationSplitOptions,
  trainValidationSplit,
} from './data/split.js'
export { type Chunk, DataStream, type StreamContext, type StreamOptions, type StreamSource } from './data/stream.js'
export { Normalizer } from './data/transforms/normalizer.js'
export { OneHot, type OneHotOptions } from './data/transforms/one-hot.js'
export { Standardizer } from './data/transforms/standardizer.js'
export type { Transform } from './data/transforms/transform.js'
export type { ErrorCode } from './errors.js'
export type { DownloadProgress } from './files/download.js'
export type { LoadOptions } from './io/model-file.js'
export { type LayerClass, registerLayer } from './io/registry.js'
export { readSafetensors } from './io/safetensors.js'
export type { LoadedState, LoadStateOptions } from './io/state-dict.js'
export type { Backend } from './kernels/backend.js'
export { type BackendInfo, backendInfo, defaultBackend } from './kernels/default-backend.js'
export { type HostFunction, type Kernels, type Scalar, StepValue } from './kernels/kernels.js'
export { availableIsas, type NativeOptions, native } from './kernels/native/index.js'
export { type ReferenceOptions, reference } from './kernels/reference/backend.js'
export { wasm } from './kernels/wasm/index.js'
export { Add } from './layers/add.js'
export { AvgPool2d, type AvgPool2dOptions, GlobalAvgPool2d } from './layers/avg-pool2d.js'
export { BatchNorm, type BatchNormOptions } from './layers/batch-norm.js'
export { Concat, type ConcatOptions } from './layers/concat.js'
export { Conv2d, type Conv2dOptions } from './layers/conv2d.js'
export { Dropout, type DropoutOptions } from './layers/dropout.js'
export { ElementwiseLayer } from './layers/elementwise-layer.js'
export { ELU } from './layers/elu.js'
export { GELU } from './layers/gelu.js'
export {
  constant,
  type Fans,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initialiser,
  type InitialiserLike,
  lecunNormal,
  normal,
  torchUniform,
  uniform,
} from './layers/initialisers.js'
export { type BuildContext, Layer, type LayerConfig } from './layers/layer.js'
export { LeakyReLU } from './layers/leaky-relu.js'
export { Linear, type LinearOptions } from './layers/linear.js'
export { MatMul } from './layers/mat-mul.js'
export { MaxPool2d } from './layers/max-pool2d.js'
export { Mul } from './layers/mul.js'
export type { Node, Pass } from './layers/node.js'
export { Parameter, type ParameterOptions } from './layers/parameter.js'
export { ReLU } from './layers/relu.js'
export { type AxisOptions, Repeat, Sum } from './layers/repeat.js'
export { Flatten, Identity } from './layers/reshape.js'
export { Sigmoid } from './layers/sigmoid.js'
export { SiLU } from './layers/silu.js'
export { LogSoftmax, Softmax } from './layers/softmax.js'
export { StateTensor } from './layers/state-tensor.js'
export { Tanh } from './layers/tanh.js'
export { input, type Value } from './layers/value.js'
export type { Padding, Pair, WindowOptions } from './layers/window.js'
export { LivePage, type LivePageOptions } from './live/live-page.js'
export { loadModel } from './load-model.js'
export { type HuberOptions, huber, mae } from './losses/absolute-error.js'
export { binaryCrossEntropy } from './losses/binary-cross-entropy.js'
export type { ClassificationOptions } from './losses/classification-loss.js'
export { type CrossEntropyOptions, crossEntropy } from './losses/cross-entropy.js'
export { hinge } from './losses/hinge.js'
export { klDivergence } from './losses/kl-divergence.js'
export { Loss, type LossOptions, type Reduced, type Reduction, type TargetKind } from './losses/loss.js'
export { nll } from './losses/nll.js'
export { halfSquaredError, mse } from './losses/squared-error.js'
export { add, dot, matmul, mul } from './math.js'
export { accuracy } from './metrics/accuracy.js'
export { auc } from './metrics/auc.js'
export type { Average, Averaged, ClassMetricOptions } from './metrics/class-metric.js'
export { confusionMatrix } from './metrics/confusion-matrix.js'
export { f1 } from './metrics/f1.js'
export type {
  Measured,
  MeasuredBatch,
  Measurement,
  Metric,
  MetricOptions,
  MetricValue,
  Task,
} from './metrics/metric.js'
export { type MetricLike, type MetricName, type MetricValues, metricNames } from './metrics/metrics.js'
export { precision } from './metrics/precision.js'
export { r2 } from './metrics/r2.js'
export { recall } from './metrics/recall.js'
export { rmse } from './metrics/rmse.js'
export { topK } from './metrics/top-k.js'
export { type AugmentPlace, augment } from './model/augment.js'
export type { AugmentOptions } from './model/augment-options.js'
export {
  type CheckGradientsOptions,
  checkGradients,
  type GradientReport,
  type ParameterCheck,
} from './model/check-gradients.js'
export type { ModelOptions } from './model/network.js'
export { Model } from './model.js'
export {
  type Descent,
  type DescentOptions,
  type DescentStep,
  gradientDescent,
} from './numeric/gradient-descent.js'
export { numericalDiff, numericalGradient } from './numeric/numerical-gradient.js'
export { Adagrad, type AdagradOptions } from './optim/adagrad.js'
export { Adam, type AdamOptions } from './optim/adam.js'
export { AdamW, type AdamWOptions } from './optim/adamw.js'
export { Optimizer, type ParameterRange } from './optim/optimizer.js'
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.js'
export { SGD, type SGDOptions } from './optim/sgd.js'
export { Random } from './random/random.js'
export { type BarChartOptions, barChart } from './report/bar-chart.js'
export type { ChartOptions } from './report/chart-options.js'
export { encodePng } from './report/encode-png.js'
export { type GraphEdge, type GraphNode, type GraphPictureOptions, graphPicture } from './report/graph-picture.js'
export { type HistogramOptions, histogram } from './report/histogram.js'
export { type ImageGridOptions, imageGrid } from './report/image-grid.js'
export {
  type LineChartGridOptions,
  type LineChartOptions,
  type LineSeries,
  lineChart,
  lineChartGrid,
} from './report/line-chart.js'
export type { PixelImage } from './report/pixels.js'
export { type TerminalImageOptions, terminalImage } from './report/terminal-image.js'
export { type WritePictureOptions, type WrittenPicture, writePicture } from './report/write-picture.js'
export type { ReportOptions } from './run-report/report-options.js'
export { writeReport } from './run-report/write-report.js'
export { type CosineOptions, type CosineSchedule, cosine } from './schedules/cosine.js'
export { type CosineRestartsOptions, type CosineRestartsSchedule, cosineRestarts } from './schedules/cosine-restarts.js'
export { type ExponentialOptions, type ExponentialSchedule, exponential } from './schedules/exponential.js'
export { type MultiStepOptions, type MultiStepSchedule, multiStep } from './schedules/multi-step.js'
export { type OneCycleOptions, type OneCycleSchedule, oneCycle } from './schedules/one-cycle.js'
export { type PlateauOptions, type PlateauRule, type PlateauSchedule, plateau } from './schedules/plateau.js'
export { type PolynomialOptions, type PolynomialSchedule, polynomial } from './schedules/polynomial.js'
export { type Run, type Schedule, scheduleAt, valueAt } from './schedules/schedule.js'
export { type StepOptions, type StepSchedule, step } from './schedules/step.js'
export { type WarmUpOptions, type WarmUpSchedule, warmUp } from './schedules/warm-up.js'
export {
  type RandomSearchOptions,
  randomSearch,
  type Trial,
  type TrialContext,
  type TrialOutcome,
} from './search/random-search.js'
export { SearchResult } from './search/search-result.js'
export {
  choice,
  logUniform,
  type SearchParameters,
  type SearchSpace,
  type SearchSpaces,
  uniformIn,
} from './search/space.js'
export { Sequential, type SequentialOptions } from './sequential.js'
export { arange, full, ones, type TensorLike, tensor, zeros } from './tensor/create.js'
export type { Shape } from './tensor/shape.js'
export { Tensor } from './tensor/tensor.js'
export type {
  Callback,
  CallbackState,
  SavableNetwork,
  StepLogs,
  TrainingProgress,
  TrainingRun,
} from './train/callback.js'
export { CSVLogger, type CSVLoggerOptions } from './train/callbacks/csv-logger.js'
export { EarlyStopping, type EarlyStoppingOptions } from './train/callbacks/early-stopping.js'
export { ModelCheckpoint, type ModelCheckpointOptions } from './train/callbacks/model-checkpoint.js'
export type { Monitor, MonitorOptions } from './train/callbacks/monitor.js'
export { NaNGuard, type NaNGuardOptions } from './train/callbacks/nan-guard.js'
export { ReduceLROnPlateau } from './train/callbacks/reduce-lr-on-plateau.js'
export { TensorBoard, type TensorBoardOptions } from './train/callbacks/tensor-board.js'
export type { CheckpointOptions } from './train/checkpoint.js'
export type { Diagnosis } from './train/diagnose.js'
export type { NotFiniteError } from './train/failure.js'
export type { GroupOptions } from './train/groups.js'
export type { HealthFigures, HealthReport, LayerHealth } from './train/health-report.js'
export { type EpochLogs, History, type HistoryColumns } from './train/history.js'
export type { InputScale } from './train/input-scale.js'
export type { EvaluateOptions, Evaluation, FitOptions, MeasuredEvaluation } from './train/options.js'
export type { Snapshot, Weights } from './train/snapshot.js'
