using System.Diagnostics;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Batches;
using NetSniff.Cli.Outputs.Eve;
using NetSniff.Cli.Outputs.Summary;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Filters.Expression;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture.Crew;

namespace NetSniff.Cli.Capturing;

/// <summary>Everything between the settings of a command and the bytes it writes.</summary>
internal sealed class CaptureOutput : IDisposable
{
    /// <summary>Lines of each list of a summary nobody asked for.</summary>
    private const int RowsBesideMax = 5;

    private readonly Terminal _terminal;
    private readonly CaptureSettings _settings;
    private readonly FileStream? _file;
    private readonly Stream _target;
    private readonly NamesFile? _names;
    private readonly RulesFolder? _rules;
    private Output? _output;
    private OwnOutputs? _crew;

    /// <exception cref="UsageException">The file to write is one that is read.</exception>
    public CaptureOutput(Terminal terminal, CaptureSettings settings, IEnumerable<string> inputs)
    {
        _terminal = terminal;
        _settings = settings;
        if (!settings.IsQuiet && Where(settings) is { } filter) HintAt(filter);
        // Before the file to write is touched, for it may be refused.
        if (Build.IsNative)
        {
            // Nobody goes on without what was asked for: such a command line is the whole program's.
            if ((settings.NamesPath ?? settings.RulesPath) is not null) throw new UnreachableException();
        }
        else
        {
            if (settings.NamesPath is { } names) _names = new NamesFile(names, terminal);
            if (settings.RulesPath is { } rules) _rules = new RulesFolder(rules);
            _ = _rules?.NewRun(Origins);
        }

        if (settings.WriteTo is { } path)
        {
            var full = Path.GetFullPath(path);
            if (inputs.Any(input => Path.GetFullPath(input) == full))
            {
                throw new UsageException($"{path} would be overwritten while it is read: choose another -w FILE");
            }

            _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }

        _target = _file ?? terminal.Output;
        Buffer = new OutputBuffer(_target);
    }

    public OutputBuffer Buffer { get; }

    public CaptureMeter Meter { get; } = new();

    /// <summary>Null when nobody will look at it.</summary>
    public TrafficTally? Tally => _settings.IsQuiet && _settings.Format != OutputFormat.Summary ? null : field ??= new();

    /// <summary>Names of interfaces, told by the capture that is open.</summary>
    public CaptureOrigins Origins { get; } = new();

    /// <summary>What interfaces of records stand for: those of the capture, unless a worker sent them.</summary>
    public OriginBook Book { get => field ?? Origins; init; }

    /// <summary>Compiles `--where`; each thread needs its own.</summary>
    /// <param name="origins">What numbers of interfaces stand for.</param>
    /// <exception cref="UsageException">It is not an expression.</exception>
    public static Filter? Where(CaptureSettings settings, OriginBook? origins = null)
    {
        if (settings.Where is not { } text) return null;

        var parse = FilterExpression.Parse(text, FieldCatalog.Shared, origins);
        return parse.IsOk ? parse.Filter : throw new UsageException($"--where: {parse.Problem.Format(text)}");
    }

    /// <summary>An expression that nothing can match is no error, but hardly what was meant.</summary>
    private void HintAt(Filter filter)
    {
        var kinds = _settings.Kinds.Count > 0 ? _settings.Kinds : [.. RecordKinds.All.Select(kind => kind.Info.Name)];
        if (FilterReach.Missing(filter, kinds) is not { } missing) return;

        _terminal.Say(_settings.Kinds.Count > 0
            ? $"--where can match nothing: it asks for {missing}, and only {string.Join(", ", kinds)} is looked at; "
                + "`netsniff records` looks at all kinds"
            : "--where can match nothing: no record is of all the kinds it asks for at once; `or` takes either");
    }

    /// <summary>Compiles `--filter`, for Ethernet at once so that a bad one is told before anything starts.</summary>
    /// <exception cref="UsageException">It is not a filter.</exception>
    public static CaptureFilter? PacketFilter(CaptureSettings settings)
    {
        if (settings.PacketFilter is not { } text) return null;

        try
        {
            return FilterCompiler.Filter(text);
        }
        catch (CaptureException problem)
        {
            throw new UsageException($"--filter: {problem.Message}");
        }
    }

    /// <param name="isFiltered">Whether records come filtered already.</param>
    public RecordDesk NewDesk(bool isFiltered = false) =>
        NewDesk(_output = NewOutput(Buffer), Tally, _settings.CountMax, isFiltered);

    public RecordDesk NewDesk(Output output, TrafficTally? tally, long countMax, bool isFiltered = false) =>
        new(isFiltered ? null : Where(_settings, Book), output, tally, countMax)
        {
            Enricher = _names?.NewEnricher(),
            Detection = _rules?.NewRun(Book),
        };

    /// <param name="buffer">Where it writes.</param>
    public Output NewOutput(OutputBuffer buffer) => _settings.Format switch
    {
        OutputFormat.Table => new TableOutput(buffer, TableOptions()),
        OutputFormat.Jsonl => Gated(new JsonlOutput(buffer, Book)),
        OutputFormat.Eve => Gated(new EveOutput(buffer, Book)),
        OutputFormat.Batches => Gated(new BatchesOutput(buffer, Book)),
        _ => new SummaryOutput(),
    };

    /// <summary>Where records of several shards that share a file go.</summary>
    public CrewOutput NewCrewOutput()
    {
        // A table's lines depend on those before, and so does what rules find; names are looked up in one place.
        var isAlone = _settings.Format == OutputFormat.Table || _names is not null || _rules is not null;
        return isAlone ? new OneOutput(NewDesk()) : _crew = new OwnOutputs(this, _target);
    }

    /// <summary>Has the output say what it still holds back, once nobody writes to it any more.</summary>
    public void Finish()
    {
        _output?.Finish();
        _crew?.Finish();
        if (!_settings.IsQuiet) _rules?.TellLimits(_terminal);
    }

    /// <summary>Says how it went: on the output when that was asked for, else beside it.</summary>
    /// <param name="balance">The capture's account, where it keeps one.</param>
    public void WriteSummary(IReadOnlyList<LedgerLine> ledger, bool isAsked, string? balance = null)
    {
        if (Tally is not { } tally) return;

        if (isAsked)
        {
            new SummaryReport(Buffer, _settings.IsColoured, _settings.Names).Write(Meter, tally, ledger, balance);
            return;
        }

        using var page = new MemoryStream();
        var isColoured = _terminal.IsErrorTerminal && !_terminal.IsPlain;
        var report = new SummaryReport(new OutputBuffer(page), isColoured, _settings.Names) { RowsMax = RowsBesideMax };
        report.Write(Meter, tally, ledger, balance);
        _terminal.Error.WriteLine();
        _terminal.Error.Write(System.Text.Encoding.UTF8.GetString(page.GetBuffer().AsSpan(0, (int)page.Length)));
    }

    public string? InterfaceName(ushort number)
    {
        var name = Origins.Of(number).Interface;
        return name.Length == 0 ? null : name;
    }

    public void Dispose()
    {
        _names?.Dispose();
        _file?.Dispose();
    }

    private TableOptions TableOptions()
    {
        var isTerminal = _file is null && _terminal.IsOutputTerminal;
        var isFitted = isTerminal && !_settings.IsWide;
        return new TableOptions(
            _settings.IsColoured,
            isFitted ? _terminal.Columns() : Line.Endless,
            HasDate: !isTerminal,
            _settings.Flows ?? FlowLines.Untold,
            _settings.IsUtc ? TimeZoneInfo.Utc : _terminal.Zone,
            _settings.Names,
            _settings.FoldsFlows,
            _settings.HasChosenFields,
            isFitted ? _terminal.Columns : null,
            TellsHidden: isFitted && !_settings.IsQuiet);
    }

    private Output Gated(Output output) => _settings.Flows == FlowLines.None ? new FlowGate(output) : output;

    /// <summary>Leaves flow records out where they are not wanted; the table does that itself.</summary>
    private sealed class FlowGate(Output inner) : Output
    {
        private readonly ushort _flowKind = RecordKinds.Register<FlowRecord>().Id;

        public override bool Write(RecordView record) =>
            record.Header.Kind != _flowKind && inner.Write(record);

        public override void Flush() => inner.Flush();
    }
}
