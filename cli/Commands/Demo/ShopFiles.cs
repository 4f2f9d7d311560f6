namespace NetSniff.Cli.Commands.Demo;

/// <summary>The files of `Shop/`: scripts are carried inside the program, the capture lies beside it.</summary>
internal static class ShopFiles
{
    /// <summary>The recorded shop, for where none can be opened.</summary>
    public static string CapturePath { get; } = Path.Combine(AppContext.BaseDirectory, "demo", "shop.pcapng.gz");

    public static string Read(string name)
    {
        using var stream = typeof(ShopFiles).Assembly.GetManifestResourceStream($"shop/{name}")
            ?? throw new FileNotFoundException($"the program was built without {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
