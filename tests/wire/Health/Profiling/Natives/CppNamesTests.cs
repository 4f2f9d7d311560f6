using NetSniff.Wire.Health.Profiling.Natives;

namespace NetSniff.Tests.Wire.Health.Profiling.Natives;

public sealed class CppNamesTests
{
    [Theory]
    [InlineData("malloc", "malloc")]
    [InlineData("_Z3foov", "foo")]
    [InlineData("_ZN3sea4WaveC2Ev", "sea::Wave::Wave")]
    [InlineData("_ZN3sea4WaveD0Ev", "sea::Wave::~Wave")]
    [InlineData("_ZNK3sea4Wave4sizeEv.constprop.0", "sea::Wave::size")]
    [InlineData("_ZN3sea4CastImNS_8Nautical5DepthEEEbRNS_4WaveES2_mRNS_4SandE", "sea::Cast")]
    [InlineData("_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector::push_back")]
    [InlineData("_ZSt4sortIPiEvT_S1_", "std::sort")]
    [InlineData("_ZN3seaplERKNS_4WaveES2_", "sea::operator+")]
    [InlineData("_ZN3sea4WaveclEv", "sea::Wave::operator()")]
    [InlineData("_ZZN3sea4Wave4rollEvENKUlvE_clEv", "sea::Wave::roll::[lambda]::operator()")]
    [InlineData("_ZN12_GLOBAL__N_14saltEv", "[file]::salt")]
    [InlineData("_ZN3sea5tasteB5cxx11Ei", "sea::taste")]
    [InlineData("_ZN3sea4holdILb1ELi42EEEvv", "sea::hold")]
    [InlineData("_ZN3sea4pickILNS_4KindE2EEEvv", "sea::pick")]
    public void A_name_is_said_as_it_was_written(string symbol, string name) =>
        Assert.Equal(name, CppNames.Readable(symbol));

    [Theory]
    [InlineData("_Z")]
    [InlineData("_ZN")]
    [InlineData("_ZN999999999999999999999x")]
    [InlineData("_ZN3seaIIIIIIII")]
    [InlineData("_ZTV4Wave")]
    public void What_is_not_understood_stays_as_it_is(string symbol) => Assert.Equal(symbol, CppNames.Readable(symbol));

    [Fact]
    public void Names_are_short_and_nothing_throws()
    {
        Assert.True(CppNames.Readable(new string('x', 5000)).Length < 200);
        Assert.NotEmpty(CppNames.Readable("_Z" + new string('Z', 5000)));
        var random = new Random(5);
        const string Letters = "NZISTEL_0123456789abcDCUlKRP.";
        for (var round = 0; round < 20_000; round++)
        {
            var text = "_Z" + new string(random.GetItems<char>(Letters, random.Next(40)));
            Assert.NotEmpty(CppNames.Readable(text));
        }
    }
}
