namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>A library that is loaded.</summary>
internal sealed class NativeModule : IDisposable
{
    private FrameTable? _frames;

    private NativeModule(ElfFile file) => File = file;

    public ElfFile File { get; }

    /// <summary>How its functions lie on the stack; read when it is first asked for.</summary>
    public FrameTable Frames => _frames ??= new FrameTable(File);

    public static NativeModule? Open(string path)
    {
        // Code that the runtime made lies in memory that looks like a deleted file; its libraries are no ELF.
        if (path.EndsWith(" (deleted)", StringComparison.Ordinal) || ElfFile.Open(path) is not { } file) return null;
        if (file.IsElf) return new NativeModule(file);

        file.Dispose();
        return null;
    }

    public void Dispose() => File.Dispose();
}
