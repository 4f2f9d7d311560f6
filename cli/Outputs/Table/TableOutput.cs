using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>Which flow records become lines.</summary>
internal enum FlowLines : byte
{
    /// <summary>Those nothing else was said about.</summary>
    Untold,
    All,
    None,
}

/// <param name="Columns">Of the terminal; <see cref="Line.Endless"/> where there is none.</param>
/// <param name="HasDate">Puts the date before the time.</param>
/// <param name="Zone">Whose clock is shown.</param>
/// <param name="Names">Shown in place of addresses.</param>
/// <param name="FoldsFlows">Counts flows without data after the first few between two ends.</param>
/// <param name="HasChosenFields">Records hold only fields that somebody asked for: they are shown by name.</param>
/// <param name="ColumnsNow">Of the terminal as it is now, where it may be given another width.</param>
/// <param name="TellsHidden">Ends with a line that says what there was no room for.</param>
internal sealed record TableOptions(
    bool IsColoured = false,
    int Columns = Line.Endless,
    bool HasDate = false,
    FlowLines Flows = FlowLines.Untold,
    TimeZoneInfo? Zone = null,
    AddressNames? Names = null,
    bool FoldsFlows = false,
    bool HasChosenFields = false,
    Func<int>? ColumnsNow = null,
    bool TellsHidden = false);

/// <summary>One transaction or flow a line, aligned, for people.</summary>
internal sealed class TableOutput(OutputBuffer buffer, TableOptions options) : Output
{
    private const string ClientPort = "src.port";
    private const int EndpointColumns = 21; // 255.255.255.255:65535
    private const int EndpointColumnsMax = 47;
    private const int PortColumns = 6; // :65535
    private const int PortColumnsNarrow = 5; // :8080, as most servers have
    private const int LabelColumns = 9; // WebSocket
    private const int LabelColumnsNarrow = 4; // HTTP

    /// <summary>On a terminal less wide than this the client's port and the fractions of a second give way to what was
    /// said.</summary>
    private const int WideColumns = 100;

    /// <summary>What long texts are cut to before anything is left out for them.</summary>
    private const int TextColumnsGood = 20;

    /// <summary>And at most, when nothing more can be left out.</summary>
    private const int TextColumnsMin = 3;

    /// <summary>At this rank the client gives way, after all that <see cref="RecordLines.RankMax"/> names.</summary>
    private const int ClientRank = RecordLines.RankMax + 1;

    /// <summary>Flows remembered as told. The flow table is smaller by far; beyond it a flow may get a line too many.
    /// </summary>
    private const int ToldFlowsMax = 1 << 20;

    private readonly Line _line = new(options.IsColoured, options.Columns);
    private readonly RecordLines _summaries = new(options.HasChosenFields);
    private readonly SortedSet<string> _hidden = new(StringComparer.Ordinal);
    private readonly HashSet<ulong> _toldFlows = [];
    private readonly TimeZoneInfo _zone = options.Zone ?? TimeZoneInfo.Local;
    private readonly ushort _flowKind = RecordKinds.Register<FlowRecord>().Id;
    private readonly FlowFold? _fold = options.FoldsFlows ? new FlowFold() : null;
    private int _clientColumns = FirstColumns(options, hasPort: options.Columns >= WideColumns);
    private int _serverColumns = FirstColumns(options, hasPort: true);
    private int _left;
    private TimeSpan _offset;
    private long _offsetHour = long.MinValue;

    public override bool Write(RecordView record)
    {
        ref readonly var header = ref record.Header;
        if (header.Kind != _flowKind)
        {
            if (options.Flows == FlowLines.Untold && _toldFlows.Count < ToldFlowsMax) _toldFlows.Add(header.FlowId);
        }
        else if (!IsFlowLine(header.FlowId) || _fold?.Takes(record) == true)
        {
            return false;
        }

        WriteFolded(header.TimeNanos);
        WriteLine(record);
        if (_line.Columns > _line.ColumnsMax) Fit(record);
        if (IsNarrow && options.TellsHidden) _hidden.Add(ClientPort);
        EndLine();
        return true;
    }

    public override void Flush()
    {
        buffer.Flush();
        if (options.ColumnsNow is { } columns) _line.ColumnsMax = columns();
    }

    public override void Finish()
    {
        WriteFolded(long.MaxValue);
        if (options.TellsHidden && _hidden.Count > 0)
        {
            _line.TextColumnsMax = Line.Endless;
            _line.Use(Paint.Dim);
            _line.Own($"--wide or -o jsonl shows what there was no room for: {string.Join(", ", _hidden)}");
            EndLine();
        }

        Flush();
    }

    private static int FirstColumns(TableOptions options, bool hasPort) => options switch
    {
        { Names: { } names, Columns: < WideColumns } => names.LengthMax + (hasPort ? PortColumnsNarrow : 0),
        { Names: { } names } => names.LengthMax + PortColumns,
        { Columns: < WideColumns } => 0,
        _ => EndpointColumns,
    };

    private bool IsNarrow => _line.ColumnsMax < WideColumns;

    private int LabelWidth => IsNarrow ? LabelColumnsNarrow : LabelColumns;

    /// <summary>Writes a line that is too long with as little left out as leaves texts a good length, what matters
    /// least first.</summary>
    private void Fit(RecordView record)
    {
        var longest = _line.LongestText - 1;
        for (_left = 0; _left < ClientRank; _left++)
        {
            WriteCut(record, TextColumnsGood);
            if (_line.Columns <= _line.ColumnsMax) break;
        }

        Cut(record, _left < ClientRank ? TextColumnsGood : TextColumnsMin, longest);
        _left = 0;
    }

    /// <summary>Cuts captured texts as little as makes the line fit. How much that is depends on how many are long: it
    /// is tried out.</summary>
    private void Cut(RecordView record, int shortest, int longest)
    {
        while (shortest < longest)
        {
            var middle = (shortest + longest + 1) / 2;
            WriteCut(record, middle);
            if (_line.Columns <= _line.ColumnsMax) shortest = middle;
            else longest = middle - 1;
        }

        WriteCut(record, shortest, options.TellsHidden ? _hidden : null);
    }

    private void WriteCut(RecordView record, int textColumnsMax, ISet<string>? hidden = null)
    {
        _line.Clear();
        _line.TextColumnsMax = textColumnsMax;
        WriteLine(record, hidden);
        _line.TextColumnsMax = Line.Endless;
    }

    private void WriteLine(RecordView record, ISet<string>? hidden = null)
    {
        ref readonly var header = ref record.Header;
        WriteEnds(header, header.Traits, !IsNarrow, hasServerPort: true);
        if (_left >= ClientRank) hidden?.Add("src.ip");
        WriteLabel(record);
        _summaries.Write(_line, record, _left, hidden);
        WriteCarrier(header);
    }

    private void WriteFolded(long nowNanos)
    {
        if (_fold is null) return;

        foreach (var (last, count) in _fold.Settle(nowNanos))
        {
            WriteEnds(last, RecordTraits.None, hasClientPort: false, hasServerPort: false);
            var start = _line.Columns;
            _line.Use(Paint.Bold);
            _line.Own(IpProtocolNames.Eve(last.Protocol));
            _line.Use(Paint.Plain);
            _line.PadTo(start + LabelWidth + 1);
            _line.Use(Paint.Dim);
            _line.Own($"{Human.Count((ulong)count)} more flows without data");
            _line.Use(Paint.Plain);
            EndLine();
        }
    }

    private void EndLine()
    {
        _line.MoveTo(buffer);
        buffer.EndLine();
    }

    private void WriteEnds(in RecordHeader header, RecordTraits traits, bool hasClientPort, bool hasServerPort)
    {
        WriteTime(header.TimeNanos);
        WriteMark(traits);
        var client = Peers.Of(header.ClientPeer);
        var server = Peers.Of(header.ServerPeer);
        if (_left < ClientRank)
        {
            WriteEndpoint(header, header.Client, client, hasClientPort ? header.ClientPort : null, ref _clientColumns);
            _line.Own(" "u8);
        }

        _line.Own("→ "u8);
        WriteEndpoint(header, header.Server, server, hasServerPort ? header.ServerPort : null, ref _serverColumns);
        _line.Own("  "u8);
    }

    private bool IsFlowLine(ulong flowId) => options.Flows switch
    {
        FlowLines.None => false,
        FlowLines.All => true,
        // The flow's own record is its last, so it is forgotten here.
        _ => !_toldFlows.Remove(flowId),
    };

    private void WriteTime(long nanos)
    {
        // The offset of a zone changes at most by the hour.
        var hour = nanos / 3_600_000_000_000;
        if (hour != _offsetHour) (_offset, _offsetHour) = (_zone.GetUtcOffset(Timestamps.Utc(nanos)), hour);

        Span<byte> text = stackalloc byte[Timestamps.DateSize + 1 + Timestamps.ClockSize];
        var used = 0;
        if (options.HasDate)
        {
            used = Timestamps.Date(text, nanos, _offset);
            text[used++] = (byte)' ';
        }

        used += Timestamps.Clock(text[used..], nanos, _offset);
        if (IsNarrow) used -= Timestamps.ClockSize - Timestamps.SecondsSize;
        _line.Use(Paint.Dim);
        _line.Own(text[..used]);
        _line.Use(Paint.Plain);
    }

    private void WriteMark(RecordTraits traits)
    {
        var isMalformed = (traits & RecordTraits.Malformed) != 0;
        var isPartial = (traits & RecordTraits.Partial) != 0;
        _line.Own(" "u8);
        if (isMalformed || isPartial) _line.Use(isMalformed ? Paint.Red : Paint.Yellow);
        _line.Own(isMalformed ? "!"u8 : isPartial ? "~"u8 : " "u8);
        _line.Use(Paint.Plain);
    }

    /// <summary>By name where there is one: the peer's, else what the capture's owner calls the address.</summary>
    private void WriteEndpoint(in RecordHeader header, Address address, Peer peer, ushort? port, ref int columns)
    {
        Span<byte> text = stackalloc byte[AddressText.SizeMax];
        var hasPort = port is not null && header.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.UdpLite;
        var name = peer.Shown;
        if (name.IsEmpty && options.Names?.TryGet(address, out var given) == true) name = given;
        var isNamed = !name.IsEmpty;
        var isBracketed = hasPort && !isNamed && !address.IsV4;
        var start = _line.Columns;
        _line.Use(Paint.Cyan);
        if (isBracketed) _line.Own("["u8);
        if (isNamed) _line.Captured(name);
        else _line.Own(text[..AddressText.Format(text, address)]);
        if (isBracketed) _line.Own("]"u8);
        if (hasPort)
        {
            _line.Use(Paint.Plain);
            _line.Own(":"u8);
            _line.Use(Paint.Yellow);
            port!.Value.TryFormat(text, out var written);
            _line.Own(text[..written]);
        }

        _line.Use(Paint.Plain);
        // Once a long address came by, the lines after it keep its width; where room is scarce only up to a point.
        var columnsMax = IsNarrow ? EndpointColumns : EndpointColumnsMax;
        columns = Math.Max(columns, Math.Min(_line.Columns - start, columnsMax));
        _line.PadTo(start + columns);
    }

    private void WriteLabel(RecordView record)
    {
        var start = _line.Columns;
        _line.Use(Paint.Bold);
        // A connection is flows put together, and reads as they do.
        var isFlow = record.Schema.Info.Name is "flow" or "connection";
        if (isFlow)
        {
            _line.Own(IpProtocolNames.Eve(record.Header.Protocol));
        }
        else
        {
            _summaries.WriteLabel(_line, record, !IsNarrow);
        }

        _line.Use(Paint.Plain);
        _line.PadTo(Math.Max(start + LabelWidth, _line.Columns) + 1);
        if (isFlow && record.Header.App != Apps.Unknown)
        {
            _line.Own(Apps.Name(record.Header.App));
            _line.Own("  "u8);
        }
    }

    private void WriteCarrier(in RecordHeader header)
    {
        if (header.OuterVlan == 0 && header.Tunnel == TunnelKind.None) return;

        _line.Use(Paint.Dim);
        if (header.OuterVlan != 0) _line.Own($"  vlan {header.OuterVlan}");
        if (header.InnerVlan != 0) _line.Own($".{header.InnerVlan}");
        if (header.Tunnel != TunnelKind.None) _line.Own($"  {TunnelNames.Of(header.Tunnel)} {header.TunnelId}");
        _line.Use(Paint.Plain);
    }
}
