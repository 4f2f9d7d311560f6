using NetSniff.Filters.Bpf;
using NetSniff.Packets;

namespace NetSniff.Sensor.Capture;

/// <summary>A filter and its programs: the same text compiles differently for every link type.</summary>
/// <param name="text">What the user wrote; empty when there is only a program.</param>
/// <param name="compile">Throws <see cref="CaptureException"/> when the text cannot be.</param>
public sealed class CaptureFilter(string text, Func<LinkType, BpfProgram> compile)
{
    private readonly Dictionary<LinkType, BpfProgram> _programs = [];
    private BpfProgram? _lastProgram;
    private LinkType _lastLinkType;

    public string Text => text;

    /// <summary>Accepts no frame.</summary>
    public static CaptureFilter Nothing { get; } = Of(Answering(0));

    public static CaptureFilter Everything { get; } = Of(Answering(uint.MaxValue));

    /// <summary>The program whatever the link type.</summary>
    public static CaptureFilter Of(BpfProgram program) => new("", _ => program);

    /// <summary>The program for frames of that type, compiled when it is first asked for. One thread asks.</summary>
    public BpfProgram For(LinkType linkType)
    {
        if (_lastProgram is { } last && _lastLinkType == linkType) return last;
        if (!_programs.TryGetValue(linkType, out var program))
        {
            program = compile(linkType);
            _programs.Add(linkType, program);
        }

        (_lastProgram, _lastLinkType) = (program, linkType);
        return program;
    }

    /// <summary>The same filter for another thread.</summary>
    public CaptureFilter Copy() => new(text, compile);

    public bool Accepts(in Frame frame) => For(frame.LinkType).Run(frame.Bytes, frame.WireLength) != 0;

    private static BpfProgram Answering(uint bytes)
    {
        _ = BpfProgram.TryCreate([new BpfInstruction(BpfCode.ReturnConstant, 0, 0, bytes)], out var program, out _);
        return program!;
    }
}
