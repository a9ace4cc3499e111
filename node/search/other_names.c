/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/other_names.h"

#include <string.h>

enum { NAMES_MAX = 6 };

/* Names of one thing, folded (node/text/fold.h). */
struct named {
    const char *class_code; /* all of that class are it; NULL: none is */
    const char *names[NAMES_MAX];
};

/* Abbreviations and short forms in common use among those who work with these
 * instruments, put together for Heluo (Apache-2.0); class codes are those of
 * node/catalogue/data. A class that holds several things has no name of one of
 * them. Two letters alone are left out: they stand for too much. */
static const struct named instruments[] = {
    {"010101", {"透射电镜", "透射电子显微镜", "tem"}},
    {"010102", {"扫描电镜", "扫描电子显微镜", "sem"}},
    {"010103", {"电子探针", "epma"}},
    {NULL, {"光电子能谱", "xps", "esca"}},
    {NULL, {"俄歇", "俄歇电子能谱", "aes"}},
    {NULL, {"聚焦离子束", "fib"}},
    {NULL,
     {"气相色谱 质谱联用", "气相色谱质谱联用", "气质联用", "gcms", "gc ms"}},
    {NULL,
     {"液相色谱 质谱联用", "液相色谱质谱联用", "液质联用", "lcms", "lc ms"}},
    {NULL, {"基质辅助激光解吸", "maldi", "maldi tof"}},
    {"010202", {"电感耦合等离子体质谱", "icpms", "icp ms"}},
    {NULL, {"同位素比质谱", "irms"}},
    {NULL, {"二次离子质谱", "sims"}},
    {"010301", {"x射线衍射", "xrd"}},
    {"010302", {"x射线荧光光谱", "x荧光", "xrf"}},
    {"010303", {"x射线能谱", "eds", "edx"}},
    {"010401", {"紫外可见", "紫外分光光度计", "uv vis"}},
    {"010403", {"原子吸收", "aas"}},
    {"010404", {"原子荧光", "afs"}},
    {NULL, {"等离子体发射光谱", "icpoes", "icp oes", "icp aes"}},
    {"010409", {"红外光谱", "ftir", "ft ir"}},
    {NULL, {"傅里叶变换红外", "傅立叶变换红外", "ftir", "ft ir"}},
    {"010410", {"拉曼", "raman"}},
    {"010502", {"高效液相色谱", "hplc"}},
    {NULL, {"超高效液相色谱", "uplc", "uhplc"}},
    {"010505", {"凝胶渗透色谱", "凝胶色谱", "gpc"}},
    {"010601", {"核磁共振波谱", "nmr"}},
    {"010602", {"顺磁共振", "电子自旋共振", "epr", "esr"}},
    {"010802", {"激光共聚焦", "激光共焦", "共聚焦显微镜", "clsm"}},
    {"010803", {"扫描探针显微镜", "spm"}},
    {NULL, {"原子力显微镜", "afm"}},
    {NULL, {"扫描隧道显微镜", "stm"}},
    {"010902", {"差示扫描量热", "dsc"}},
    {"010903", {"热重分析", "热天平", "tga"}},
    {"011007", {"基因测序", "dna测序", "ngs"}},
    {"011011", {"pcr"}},
    {NULL, {"荧光定量pcr", "qpcr", "real time pcr"}},
    {NULL, {"数字pcr", "dpcr", "ddpcr"}},
    {"011012", {"流式细胞", "facs"}},
    {"011104", {"总有机碳", "toc"}},
    {"020503", {"比表面", "bet"}},
    {NULL, {"动态热机械", "dma"}},
    {"020106", {"流变仪", "粘度计", "黏度计"}},
    {NULL, {"三坐标测量", "三坐标", "cmm"}},
    {NULL, {"网络分析仪", "vna"}},
    {"040201", {"电磁兼容", "emc"}},
    {NULL, {"磁共振成像", "核磁共振成像", "mri"}},
    {NULL, {"正电子发射", "pet"}},
};

/* The makers that many catalogues have, some in Chinese and some in Latin. */
static const struct named makers[] = {
    {NULL, {"赛默飞", "thermo", "thermo fisher"}},
    {NULL, {"安捷伦", "agilent"}},
    {NULL, {"布鲁克", "bruker"}},
    {NULL, {"岛津", "shimadzu"}},
    {NULL, {"日本电子", "jeol"}},
    {NULL, {"蔡司", "zeiss"}},
    {NULL, {"日立", "hitachi"}},
    {NULL, {"沃特世", "waters"}},
    {NULL, {"珀金埃尔默", "perkinelmer", "perkin elmer"}},
    {NULL, {"徕卡", "leica"}},
    {NULL, {"尼康", "nikon"}},
    {NULL, {"奥林巴斯", "olympus"}},
    {NULL, {"堀场", "horiba"}},
    {NULL, {"理学", "rigaku"}},
    {NULL, {"马尔文", "malvern"}},
    {NULL, {"帕纳科", "panalytical"}},
    {NULL, {"耐驰", "netzsch"}},
    {NULL, {"梅特勒", "mettler"}},
    {NULL, {"是德科技", "keysight"}},
    {NULL, {"罗德与施瓦茨", "rohde schwarz"}},
    {NULL, {"泰克", "tektronix"}},
    {NULL, {"力科", "lecroy"}},
    {NULL, {"英斯特朗", "instron"}},
    {NULL, {"贝克曼", "beckman"}},
    {NULL, {"罗氏", "roche"}},
    {NULL, {"伯乐", "bio rad"}},
    {NULL, {"因美纳", "illumina"}},
    {NULL, {"雷尼绍", "renishaw"}},
    {NULL, {"安东帕", "anton paar"}},
    {NULL, {"康塔", "quantachrome"}},
    {NULL, {"麦克", "micromeritics"}},
    {NULL, {"赛多利斯", "sartorius"}},
    {NULL, {"西门子", "siemens"}},
    {NULL, {"飞利浦", "philips"}},
    {NULL, {"海克斯康", "hexagon"}},
    {NULL, {"三丰", "mitutoyo"}},
    {NULL, {"牛津仪器", "oxford instruments"}},
    {NULL, {"力可", "leco"}},
    {NULL, {"耶拿", "jena"}},
    {NULL, {"国仪量子", "ciqtek"}},
};

enum {
    INSTRUMENTS = sizeof(instruments) / sizeof(instruments[0]),
    MAKERS = sizeof(makers) / sizeof(makers[0]),
};

/* Which bytes a text has: most names have one that it has not, and need not be
 * looked for. */
struct looked {
    struct bytes text;
    bool bytes[UINT8_MAX + 1];
};

static void look(struct looked *at, struct bytes text)
{
    *at = (struct looked){.text = text};
    for (size_t i = 0; i < text.size; i++) {
        at->bytes[text.data[i]] = true;
    }
}

static bool is_letter(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z';
}

/* A Latin name is a word, or several, and no part of one. */
static bool stands_at(struct bytes text, size_t at, const char *name,
                      size_t size)
{
    return memcmp(text.data + at, name, size) == 0 &&
           (!is_letter((uint8_t)name[0]) || at == 0 ||
            !is_letter(text.data[at - 1])) &&
           (!is_letter((uint8_t)name[size - 1]) || at + size == text.size ||
            !is_letter(text.data[at + size]));
}

static bool has(const struct looked *in, const char *name)
{
    size_t size = 0;
    for (; name[size] != '\0'; size++) {
        if (!in->bytes[(uint8_t)name[size]]) {
            return false;
        }
    }
    for (size_t at = 0; at + size <= in->text.size; at++) {
        if (stands_at(in->text, at, name, size)) {
            return true;
        }
    }
    return false;
}

static bool is_called(const struct named *of, const struct looked *in)
{
    for (size_t i = 0; i < NAMES_MAX && of->names[i] != NULL; i++) {
        if (has(in, of->names[i])) {
            return true;
        }
    }
    return false;
}

static void add(const struct named *of, const struct looked *in,
                struct writer *out)
{
    for (size_t i = 0; i < NAMES_MAX && of->names[i] != NULL; i++) {
        if (!has(in, of->names[i])) {
            writer_u8(out, ' ');
            writer_text(out, of->names[i]);
        }
    }
}

void other_names_of_instrument(struct bytes scheme, struct bytes class_code,
                               struct bytes name, struct writer *out)
{
    bool known = bytes_equal_text(scheme, "nrii");
    struct looked in;
    look(&in, name);
    for (size_t i = 0; i < INSTRUMENTS; i++) {
        const struct named *of = &instruments[i];
        if ((known && of->class_code != NULL &&
             bytes_equal_text(class_code, of->class_code)) ||
            is_called(of, &in)) {
            add(of, &in, out);
        }
    }
}

void other_names_of_maker(struct bytes maker, struct writer *out)
{
    struct looked in;
    look(&in, maker);
    for (size_t i = 0; i < MAKERS; i++) {
        if (is_called(&makers[i], &in)) {
            add(&makers[i], &in, out);
        }
    }
}

/* Of the text, whose beginning the name is but for its spaces; else 0. */
static size_t begins(struct bytes text, const char *name)
{
    size_t size = 0;
    for (; *name != '\0'; name++) {
        if (*name == ' ') {
            continue;
        }
        if (size == text.size || text.data[size] != (uint8_t)*name) {
            return 0;
        }
        size++;
    }
    return size;
}

size_t other_names_begin(struct bytes text)
{
    size_t longest = 0;
    for (size_t i = 0; i < INSTRUMENTS; i++) {
        const char *const *names = instruments[i].names;
        for (size_t k = 0; k < NAMES_MAX && names[k] != NULL; k++) {
            size_t size = begins(text, names[k]);
            longest = size > longest ? size : longest;
        }
    }
    return longest;
}

const char *other_names_nth(size_t index)
{
    for (size_t i = 0; i < INSTRUMENTS + MAKERS; i++) {
        const struct named *of =
            i < INSTRUMENTS ? &instruments[i] : &makers[i - INSTRUMENTS];
        for (size_t k = 0; k < NAMES_MAX && of->names[k] != NULL; k++) {
            if (index-- == 0) {
                return of->names[k];
            }
        }
    }
    return NULL;
}
